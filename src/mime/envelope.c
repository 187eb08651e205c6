/* ENVELOPE, RFC 9051 7.5.2: date, subject, from, sender, reply-to, to, cc, bcc, in-reply-to, message-id. */
#include "mime/address.h"
#include "mime/part.h"
#include "mime/part_wire.h"

typedef enum slot { DATE, SUBJECT, FROM, SENDER, REPLY_TO, TO, CC, BCC, IN_REPLY_TO, MESSAGE_ID, SLOTS } slot;

/* The value of the first field of each name; p == NULL when there is none. One walk over the header. */
static void find_values(str header, str values[SLOTS]) {
    static const char *const names[SLOTS] = {"Date", "Subject", "From", "Sender",      "Reply-To",
                                             "To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};
    header_field field;
    for (int i = 0; i < SLOTS; i++)
        values[i] = (str){NULL, 0};
    while (header_next(&header, &field))
        for (int i = 0; i < SLOTS; i++)
            if (!values[i].p && str_caseeq(field.name, str_c(names[i])))
                values[i] = field.value;
}

static str nil_if_empty(str s) { return s.n ? s : (str){NULL, 0}; }

/* A host of NIL says "group" to clients, and an empty mailbox ends one: what is missing gets a name. */
static void print_address(buf *out, const address *item) {
    buf_add_byte(out, '(');
    if (item->kind == ADDRESS_MAILBOX) {
        wire_nstring(out, nil_if_empty(item->name));
        buf_add_byte(out, ' ');
        wire_nstring(out, nil_if_empty(item->route));
        buf_add_byte(out, ' ');
        wire_string(out, item->local.n ? item->local : S("MISSING_MAILBOX"));
        buf_add_byte(out, ' ');
        wire_string(out, item->domain.n ? item->domain : S("MISSING_DOMAIN"));
    } else {
        buf_add(out, S("NIL NIL "));
        wire_nstring(out, item->kind == ADDRESS_GROUP_START ? item->name : (str){NULL, 0});
        buf_add(out, S(" NIL"));
    }
    buf_add_byte(out, ')');
}

/* True when there was an address; else NIL was printed, unless `fallback` will be. Past a budget the addresses
 * that were read are shown. */
static bool print_list(buf *out, str value, size_t arena_most, bool fallback) {
    SCOPED_ARENA scratch;
    arena_init(&scratch, arena_most);
    address_list list = {0};
    if (value.p && failed(address_list_parse(value, &scratch, &list)))
        list.damaged = true;
    if (list.n == 0) {
        if (!fallback)
            buf_add(out, S("NIL"));
        return false;
    }
    buf_add_byte(out, '(');
    for (size_t i = 0; i < list.n; i++)
        print_address(out, &list.items[i]);
    buf_add_byte(out, ')');
    return true;
}

static void print_text(buf *out, str value, arena *a) {
    wire_nstring(out, value.p ? header_unfold(value, a) : value);
    buf_add_byte(out, ' ');
}

bool envelope_print(buf *out, str message, arena *a) {
    str values[SLOTS];
    size_t arena_most = a->max - a->used;
    find_values(message, values);
    buf_add_byte(out, '(');
    print_text(out, values[DATE], a);
    print_text(out, values[SUBJECT], a);
    for (int i = FROM; i <= BCC; i++) {
        /* Sender and Reply-To that are absent or empty are the same as From. */
        bool fallback = i == SENDER || i == REPLY_TO;
        if (!print_list(out, values[i], arena_most, fallback) && fallback)
            print_list(out, values[FROM], arena_most, false);
        buf_add_byte(out, ' ');
    }
    print_text(out, values[IN_REPLY_TO], a);
    wire_nstring(out, values[MESSAGE_ID].p ? header_unfold(values[MESSAGE_ID], a) : values[MESSAGE_ID]);
    return buf_add_byte(out, ')');
}
