/* Charsets to UTF-8. What mail is labelled with is an open set; what may reach iconv is this table. */
#include <errno.h>
#include <iconv.h>
#include <pthread.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/word.h"

typedef enum decoder { BY_ICONV, BY_UTF8, BY_ASCII, BY_1252 } decoder;

typedef struct charset {
    const char *label; /* lower case */
    const char *name;  /* for iconv */
    decoder by;
    size_t unit; /* bytes passed over when some cannot be read */
} charset;

/* Rows with the same name for iconv stand together: they share a table.
 * Labels of the IANA registry and of old mail programs. A subset is read as its superset, as senders mean it
 * (gb2312 as GB18030, Shift_JIS as CP932, ISO-8859-1 as windows-1252). */
static const charset charsets[] = {
    {"utf-8", NULL, BY_UTF8, 1},
    {"utf8", NULL, BY_UTF8, 1},
    {"us-ascii", NULL, BY_ASCII, 1},
    {"ascii", NULL, BY_ASCII, 1},
    {"ansi_x3.4-1968", NULL, BY_ASCII, 1},
    {"iso-8859-1", NULL, BY_1252, 1},
    {"latin1", NULL, BY_1252, 1},
    {"windows-1252", NULL, BY_1252, 1},
    {"cp1252", NULL, BY_1252, 1},
    {"iso-8859-2", "ISO-8859-2", BY_ICONV, 1},
    {"latin2", "ISO-8859-2", BY_ICONV, 1},
    {"iso-8859-3", "ISO-8859-3", BY_ICONV, 1},
    {"iso-8859-4", "ISO-8859-4", BY_ICONV, 1},
    {"iso-8859-5", "ISO-8859-5", BY_ICONV, 1},
    {"iso-8859-6", "ISO-8859-6", BY_ICONV, 1},
    {"iso-8859-7", "ISO-8859-7", BY_ICONV, 1},
    {"iso-8859-8", "ISO-8859-8", BY_ICONV, 1},
    {"iso-8859-8-i", "ISO-8859-8", BY_ICONV, 1},
    {"iso-8859-9", "CP1254", BY_ICONV, 1},
    {"iso-8859-10", "ISO-8859-10", BY_ICONV, 1},
    {"iso-8859-11", "CP874", BY_ICONV, 1},
    {"iso-8859-13", "ISO-8859-13", BY_ICONV, 1},
    {"iso-8859-14", "ISO-8859-14", BY_ICONV, 1},
    {"iso-8859-15", "ISO-8859-15", BY_ICONV, 1},
    {"latin-9", "ISO-8859-15", BY_ICONV, 1},
    {"iso-8859-16", "ISO-8859-16", BY_ICONV, 1},
    {"windows-1250", "CP1250", BY_ICONV, 1},
    {"cp1250", "CP1250", BY_ICONV, 1},
    {"windows-1251", "CP1251", BY_ICONV, 1},
    {"cp1251", "CP1251", BY_ICONV, 1},
    {"windows-1253", "CP1253", BY_ICONV, 1},
    {"windows-1254", "CP1254", BY_ICONV, 1},
    {"windows-1255", "CP1255", BY_ICONV, 1},
    {"windows-1256", "CP1256", BY_ICONV, 1},
    {"windows-1257", "CP1257", BY_ICONV, 1},
    {"windows-1258", "CP1258", BY_ICONV, 1},
    {"windows-874", "CP874", BY_ICONV, 1},
    {"tis-620", "CP874", BY_ICONV, 1},
    {"koi8-r", "KOI8-R", BY_ICONV, 1},
    {"koi8-u", "KOI8-U", BY_ICONV, 1},
    {"macintosh", "MACINTOSH", BY_ICONV, 1},
    {"cp437", "CP437", BY_ICONV, 1},
    {"ibm437", "CP437", BY_ICONV, 1},
    {"cp850", "CP850", BY_ICONV, 1},
    {"ibm850", "CP850", BY_ICONV, 1},
    {"cp852", "CP852", BY_ICONV, 1},
    {"cp866", "CP866", BY_ICONV, 1},
    {"ibm866", "CP866", BY_ICONV, 1},
    {"viscii", "VISCII", BY_ICONV, 1},
    {"gb2312", "GB18030", BY_ICONV, 1},
    {"gbk", "GB18030", BY_ICONV, 1},
    {"gb18030", "GB18030", BY_ICONV, 1},
    {"cp936", "GB18030", BY_ICONV, 1},
    {"big5", "BIG5-HKSCS", BY_ICONV, 1},
    {"big5-hkscs", "BIG5-HKSCS", BY_ICONV, 1},
    {"cp950", "CP950", BY_ICONV, 1},
    {"euc-tw", "EUC-TW", BY_ICONV, 1},
    {"shift_jis", "CP932", BY_ICONV, 1},
    {"shift-jis", "CP932", BY_ICONV, 1},
    {"sjis", "CP932", BY_ICONV, 1},
    {"x-sjis", "CP932", BY_ICONV, 1},
    {"windows-31j", "CP932", BY_ICONV, 1},
    {"cp932", "CP932", BY_ICONV, 1},
    {"euc-jp", "EUC-JP", BY_ICONV, 1},
    {"iso-2022-jp", "ISO-2022-JP", BY_ICONV, 1},
    {"iso-2022-jp-1", "ISO-2022-JP-1", BY_ICONV, 1},
    {"iso-2022-jp-2", "ISO-2022-JP-2", BY_ICONV, 1},
    {"euc-kr", "CP949", BY_ICONV, 1},
    {"ks_c_5601-1987", "CP949", BY_ICONV, 1},
    {"ksc5601", "CP949", BY_ICONV, 1},
    {"cp949", "CP949", BY_ICONV, 1},
    {"iso-2022-kr", "ISO-2022-KR", BY_ICONV, 1},
    {"utf-7", "UTF-7", BY_ICONV, 1},
    {"utf-16be", "UTF-16BE", BY_ICONV, 2},
    {"utf-16le", "UTF-16LE", BY_ICONV, 2},
    {"utf-16", "UTF-16LE", BY_ICONV, 2},
    {"utf-32be", "UTF-32BE", BY_ICONV, 4},
    {"utf-32le", "UTF-32LE", BY_ICONV, 4},
    {"utf-32", "UTF-32LE", BY_ICONV, 4},
};

enum { CHARSETS = sizeof charsets / sizeof *charsets };

static const charset unlabelled = {"", NULL, BY_ASCII, 1};
static const charset unknown = {"", NULL, BY_1252, 1};

/* Quotes of either kind around the label are a common mistake. */
static const charset *find(str label) {
    label = str_trim(label);
    while (label.n && (label.p[0] == '\'' || label.p[0] == '"'))
        label = str_skip(label, 1);
    while (label.n && (label.p[label.n - 1] == '\'' || label.p[label.n - 1] == '"'))
        label.n--;
    if (label.n == 0)
        return &unlabelled;
    for (size_t i = 0; i < CHARSETS; i++)
        if (str_caseeq(label, str_c(charsets[i].label)))
            return &charsets[i];
    return &unknown;
}

/* The table for a text that begins with a byte order mark, which is no part of it and wins over the label. Without one
 * UTF-16 is taken as little-endian, as its senders mean it. (iconv's own "UTF-16" looks for a mark in its first text
 * only.) */
static const charset *by_mark(const charset *c, str *bytes) {
    bool big = str_starts(*bytes, c->unit == 2 ? S("\xfe\xff") : S("\0\0\xfe\xff"));
    bool little = str_starts(*bytes, c->unit == 2 ? S("\xff\xfe") : S("\xff\xfe\0\0"));
    if (!big && !little)
        return c;
    *bytes = str_skip(*bytes, c->unit);
    return c->unit == 2 ? find(big ? S("utf-16be") : S("utf-16le")) : find(big ? S("utf-32be") : S("utf-32le"));
}

/* The high half of windows-1252 where it differs from ISO-8859-1; 0 is unassigned. */
static const uint16_t high_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static bool from_1252(buf *out, str bytes) {
    for (size_t i = 0; i < bytes.n && !out->over; i++) {
        uint32_t c = (unsigned char)bytes.p[i];
        if (c >= 0x80 && c < 0xA0)
            c = high_1252[c - 0x80] ? high_1252[c - 0x80] : 0xFFFD;
        utf8_add(out, c);
    }
    return !out->over;
}

/* The tables a thread has open. Opening one costs 60 us and looks for files; a message can name a charset in each of
 * half a million parameters. Closed when the thread ends. */
typedef struct tables {
    iconv_t open[CHARSETS]; /* NULL when not tried yet, (iconv_t)-1 when there is none */
} tables;

static const iconv_t no_table = (iconv_t)-1;
static pthread_key_t tables_key;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void close_tables(void *of_thread) {
    tables *t = of_thread;
    for (size_t i = 0; i < CHARSETS; i++)
        if (t->open[i] && t->open[i] != no_table)
            iconv_close(t->open[i]);
    free(t);
}

static void make_key(void) { ASSERT(pthread_key_create(&tables_key, close_tables) == 0); }

static iconv_t table_of(const charset *c) {
    pthread_once(&tables_once, make_key);
    tables *t = pthread_getspecific(tables_key);
    if (!t) {
        t = mem_alloc(sizeof *t);
        ASSERT(pthread_setspecific(tables_key, t) == 0);
    }
    while (c > charsets && c[-1].name && strcmp(c[-1].name, c->name) == 0)
        c--;
    iconv_t *table = &t->open[c - charsets];
    if (!*table)
        *table = iconv_open("UTF-8", c->name);
    return *table;
}

void charset_preload(void) {
    for (size_t i = 0; i < CHARSETS; i++)
        if (charsets[i].by == BY_ICONV)
            table_of(&charsets[i]);
}

/* Converts until the input is read, `out` is over or iconv makes no more progress. Each round either reads
 * a byte or gives some out, so the rounds are bounded by the input, whatever the table does. */
static void convert(iconv_t table, buf *out, str bytes, size_t unit) {
    char chunk[1024];
    char *in = (char *)(uintptr_t)bytes.p; /* iconv does not write to it */
    size_t left = bytes.n;
    bool flush = false;
    while (!out->over) {
        char *to = chunk;
        size_t room = sizeof chunk, before = left;
        size_t result = iconv(table, flush ? NULL : &in, flush ? NULL : &left, &to, &room);
        int problem = result == (size_t)-1 ? errno : 0;
        utf8_repair(out, str_of(chunk, sizeof chunk - room));
        if (flush)
            return;
        if (problem == EILSEQ || problem == EINVAL) {
            size_t skip = problem == EILSEQ && unit < left ? unit : left;
            utf8_add(out, 0xFFFD);
            in += skip;
            left -= skip;
        } else if (before == left && room == sizeof chunk) {
            flush = true;
        }
        flush = flush || left == 0;
    }
}

bool charset_to_utf8(buf *out, str label, str bytes) {
    const charset *c = find(label);
    if (c->by == BY_UTF8)
        return utf8_repair(out, bytes);
    if (c->by == BY_ASCII)
        return utf8_valid(bytes) ? buf_add(out, bytes) : from_1252(out, bytes);
    if (c->by == BY_1252)
        return from_1252(out, bytes);
    if (c->unit > 1)
        c = by_mark(c, &bytes);
    iconv_t table = table_of(c);
    if (table == no_table) /* a system without its tables */
        return from_1252(out, bytes);
    iconv(table, NULL, NULL, NULL, NULL); /* whatever state the last text left */
    convert(table, out, bytes, c->unit);
    return !out->over;
}
