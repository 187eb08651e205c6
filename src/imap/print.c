#include "imap/print.h"

#include "base/utf8.h"
#include "imap/grammar.h"
#include "imap/utf7.h"
#include "mime/date.h"

enum { QUOTED_MAX = 1000 }; /* longer goes as a literal: old clients read quoted strings into fixed buffers */

static bool quotable(str s, bool utf8) {
    if (s.n > QUOTED_MAX || (utf8 && !utf8_valid(s)))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\0' || c == '\r' || c == '\n' || (c > 127 && !utf8))
            return false;
    }
    return true;
}

static bool print_quoted(buf *out, str s) {
    buf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            buf_add_byte(out, '\\');
        buf_add_byte(out, s.p[i]);
    }
    return buf_add_byte(out, '"');
}

/* RFC 9051 4.3: a literal has no NUL. */
static bool print_literal(buf *out, str s) {
    buf_addf(out, "{%zu}\r\n", s.n);
    char *to = buf_reserve(out, s.n);
    if (!to)
        return false;
    for (size_t i = 0; i < s.n; i++)
        to[i] = s.p[i] ? s.p[i] : (char)0x80;
    buf_commit(out, s.n);
    return true;
}

bool imap_print_string(buf *out, str s) { return quotable(s, false) ? print_quoted(out, s) : print_literal(out, s); }

bool imap_print_astring(buf *out, str s) {
    imap_scan scan = {.rest = s};
    str atom;
    if (s.n && imap_scan_atom(&scan, &atom) && atom.n == s.n && !str_caseeq(s, S("NIL")))
        return buf_add(out, s);
    return imap_print_string(out, s);
}

bool imap_print_mailbox(buf *out, str name, bool utf8) {
    if (utf8)
        return quotable(name, true) ? print_quoted(out, name) : print_literal(out, name);
    SCOPED_BUF coded;
    buf_init(&coded, name.n * 4 + 16);
    if (!imap_utf7_encode(&coded, name))
        return false;
    return quotable(buf_str(&coded), false) ? print_quoted(out, buf_str(&coded)) : false;
}

typedef struct named {
    str name;
    uint64_t value;
} named;

static const named system_flags[] = {
    {{"\\Seen", 5}, FLAG_SEEN},       {{"\\Answered", 9}, FLAG_ANSWERED}, {{"\\Flagged", 8}, FLAG_FLAGGED},
    {{"\\Deleted", 8}, FLAG_DELETED}, {{"\\Draft", 6}, FLAG_DRAFT},
};

static const named specials[] = {
    {{"\\Drafts", 7}, SPECIAL_DRAFTS},   {{"\\Sent", 5}, SPECIAL_SENT},       {{"\\Junk", 5}, SPECIAL_JUNK},
    {{"\\Trash", 6}, SPECIAL_TRASH},     {{"\\Archive", 8}, SPECIAL_ARCHIVE}, {{"\\All", 4}, SPECIAL_ALL},
    {{"\\Flagged", 8}, SPECIAL_FLAGGED},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t value_of(const named *table, size_t n, str name) {
    for (size_t i = 0; i < n; i++)
        if (str_caseeq(table[i].name, name))
            return table[i].value;
    return 0;
}

uint64_t imap_flag_of(str name) { return value_of(system_flags, COUNT(system_flags), name); }

store_special imap_special_of(str name) { return (store_special)value_of(specials, COUNT(specials), name); }

str imap_special_name(store_special special) {
    for (size_t i = 0; i < COUNT(specials); i++)
        if (specials[i].value == special)
            return specials[i].name;
    return S("");
}

static void add_word(buf *out, str word, bool *first) {
    if (!*first)
        buf_add_byte(out, ' ');
    *first = false;
    buf_add(out, word);
}

bool imap_print_flags(buf *out, uint64_t flags, const str *keywords, size_t keywords_n) {
    bool first = true;
    for (size_t i = 0; i < COUNT(system_flags); i++)
        if (flags & system_flags[i].value)
            add_word(out, system_flags[i].name, &first);
    for (size_t i = 0; i < keywords_n && i < LIMIT_KEYWORDS; i++)
        if (flags >> (FLAG_KEYWORD_SHIFT + i) & 1)
            add_word(out, keywords[i], &first);
    return !out->over;
}

bool imap_print_date(buf *out, int64_t at, int zone) {
    buf_add_byte(out, '"');
    date_print_imap(out, (mime_date){at, zone});
    return buf_add_byte(out, '"');
}

str imap_error_code(const err *e) {
    if (e->kind == ERR_BUG)
        return S("[SERVERBUG] ");
    if (e->kind == ERR_TEMP)
        return S("[UNAVAILABLE] ");
    switch (e->what) {
    case ERR_NOT_FOUND:
        return S("[NONEXISTENT] ");
    case ERR_EXISTS:
        return S("[ALREADYEXISTS] ");
    case ERR_DENIED:
        return S("[NOPERM] ");
    case ERR_OVER_QUOTA:
        return S("[OVERQUOTA] ");
    case ERR_LIMIT:
        return S("[LIMIT] ");
    case ERR_CONFLICT:
        return S("[INUSE] ");
    case ERR_SYNTAX:
    case ERR_UNSUPPORTED:
        return S("[CANNOT] ");
    case ERR_CORRUPT:
        return S("[CORRUPTION] ");
    default:
        return S("");
    }
}
