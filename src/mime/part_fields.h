/* What the header of one part says about it: the Content- fields. Internal to mime; pure functions. */
#ifndef GODWIT_MIME_PART_FIELDS_H
#define GODWIT_MIME_PART_FIELDS_H

#include "mime/part.h"

/* Fills type, encoding, disposition and the rest from its header, the first field of each name, with the defaults of
 * RFC 2045 5.2. False when the arena is spent. */
bool part_fields_read(part *p, str header, arena *a);

/* Makes it a part that nobody looks into: application/octet-stream. */
void part_fields_opaque(part *p);

/* The boundary of a multipart, empty for others. */
str part_fields_boundary(const part *p);

/* Whether its type is message/rfc822 or message/global (RFC 9051 7.5.2 treats both alike). */
bool part_fields_is_message(const part *p);
/* Whether its body also is that message as it stands, not encoded. */
bool part_fields_open_message(const part *p);

#endif
