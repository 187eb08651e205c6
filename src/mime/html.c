#include "mime/html.h"

#include "base/utf8.h"

typedef struct writer {
    buf *out;
    char pending; /* blank to be written before the next word, or 0 */
    bool any;     /* a word was written */
} writer;

static bool is_blank(uint32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == 0xA0; }

/* Runs of blanks become one; a line end wins. */
static void gap(writer *w, char blank) {
    if (w->pending != '\n')
        w->pending = blank;
}

static void put(writer *w, uint32_t c) {
    if (is_blank(c)) {
        gap(w, ' ');
        return;
    }
    if (w->pending && w->any)
        buf_add_byte(w->out, w->pending);
    w->pending = 0;
    w->any = true;
    utf8_add(w->out, c);
}

static bool in_list(str name, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (str_caseeq(name, str_c(list[i])))
            return true;
    return false;
}

static const char *const lines[] = {"br",  "p",     "div",   "tr",         "li",     "ul",  "ol", "h1",
                                    "h2",  "h3",    "h4",    "h5",         "h6",     "hr",  "dt", "dd",
                                    "pre", "table", "title", "blockquote", "option", "body"};
static const char *const cells[] = {"td", "th", "img"};
static const char *const hidden[] = {"script", "style"};

/* Consumes up to and with `mark`, or all. */
static void skip_past(str *s, str mark) {
    size_t at = str_casefind(*s, mark);
    *s = str_skip(*s, at == STR_NONE ? s->n : at + mark.n);
}

/* Consumes (the rest of) a tag to its '>', which counts only outside of the quotes of a value. */
static void skip_tag(str *s) {
    char quote = 0, before = 0;
    size_t i = 0;
    for (; i < s->n && (quote || s->p[i] != '>'); before = s->p[i++]) {
        char c = s->p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if ((c == '"' || c == '\'') && before == '=')
            quote = c;
    }
    *s = str_skip(*s, i + 1);
}

/* At '<' and what makes it a tag. */
static void take_tag(writer *w, str *s) {
    if (str_starts(*s, S("<!--"))) {
        *s = str_skip(*s, 4);
        skip_past(s, S("-->"));
        return;
    }
    size_t from = s->p[1] == '/' ? 2 : 1, n = from;
    while (n < s->n && ascii_alnum(s->p[n]))
        n++;
    str name = str_sub(*s, from, n - from);
    skip_tag(s);
    if (in_list(name, lines, sizeof lines / sizeof *lines))
        gap(w, '\n');
    else if (in_list(name, cells, sizeof cells / sizeof *cells))
        gap(w, ' ');
    if (from == 2 || !in_list(name, hidden, sizeof hidden / sizeof *hidden))
        return;
    skip_past(s, str_caseeq(name, S("style")) ? S("</style") : S("</script"));
    skip_tag(s);
}

/* Names of U+00A0 to U+00FF in order. */
static const char *const latin1[96] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};

static const struct {
    const char *name;
    uint32_t c;
} named[] = {
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},        {"quot", '"'},      {"apos", '\''},
    {"euro", 0x20AC},  {"hellip", 0x2026}, {"ndash", 0x2013},  {"mdash", 0x2014},  {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201C},  {"rdquo", 0x201D},  {"sbquo", 0x201A},  {"bdquo", 0x201E},
    {"bull", 0x2022},  {"trade", 0x2122},  {"zwnj", 0x200C},   {"lsaquo", 0x2039}, {"rsaquo", 0x203A},
    {"OElig", 0x0152}, {"oelig", 0x0153},  {"Scaron", 0x0160}, {"scaron", 0x0161},
};

/* The character a reference without '&' and ';' names, or 0. */
static uint32_t reference(str name) {
    if (str_starts(name, S("#"))) {
        bool hex = name.n > 1 && (name.p[1] == 'x' || name.p[1] == 'X');
        uint32_t c = 0;
        for (size_t i = hex ? 2 : 1; i < name.n && c <= 0x10FFFF; i++) {
            int digit = ascii_digit(name.p[i])          ? name.p[i] - '0'
                        : hex && ascii_alpha(name.p[i]) ? ascii_to_lower(name.p[i]) - 'a' + 10
                                                        : 16;
            if (digit >= (hex ? 16 : 10))
                return 0;
            c = c * (hex ? 16 : 10) + (uint32_t)digit;
        }
        return c;
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (str_eq(name, str_c(named[i].name)))
            return named[i].c;
    for (uint32_t i = 0; i < 96; i++)
        if (str_eq(name, str_c(latin1[i])))
            return 0xA0 + i;
    return 0;
}

/* At '&'. What names nothing stands for itself. */
static void take_reference(writer *w, str *s) {
    enum { NAME_MOST = 32 };
    size_t n = 1;
    while (n < s->n && n <= NAME_MOST && (ascii_alnum(s->p[n]) || s->p[n] == '#'))
        n++;
    uint32_t c = reference(str_sub(*s, 1, n - 1));
    if (c == 0) {
        put(w, '&');
        *s = str_skip(*s, 1);
        return;
    }
    put(w, c);
    *s = str_skip(*s, n + (n < s->n && s->p[n] == ';'));
}

static bool at_tag(str s) {
    return s.n > 1 && s.p[0] == '<' && (ascii_alpha(s.p[1]) || s.p[1] == '/' || s.p[1] == '!' || s.p[1] == '?');
}

bool html_text(buf *out, str html) {
    writer w = {.out = out};
    uint32_t c;
    while (html.n && !out->over) {
        if (at_tag(html))
            take_tag(&w, &html);
        else if (html.p[0] == '&')
            take_reference(&w, &html);
        else if (utf8_next(&html, &c))
            put(&w, c);
    }
    return !out->over;
}
