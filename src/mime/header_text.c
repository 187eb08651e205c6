/* Unfolding and printing of header values. */
#include "mime/header.h"
#include "mime/word.h"

enum { LINE_SOFT = 78, LINE_HARD = 998 }; /* RFC 5322 2.1.1, without CRLF */
enum { BLANKS_MOST = 256 };               /* of one gap, so that a line of blanks alone cannot arise */

static bool fold_at(str s, size_t i) {
    return i + 2 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n' && ascii_blank(s.p[i + 2]);
}

str header_unfold(str value, arena *a) {
    if (str_find_str(value, S("\r\n")) == STR_NONE)
        return str_trim(value);
    char *plain = arena_alloc(a, value.n);
    if (!plain)
        return (str){NULL, 0};
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (fold_at(value, i))
            i++;
        else
            plain[n++] = value.p[i];
    }
    return str_trim(str_of(plain, n));
}

str header_text(str value, arena *a) {
    str plain = header_unfold(value, a);
    SCOPED_BUF text;
    buf_init(&text, a->max - a->used);
    if (!plain.p || !word_decode(&text, plain))
        return (str){NULL, 0};
    return arena_str(a, buf_str(&text));
}

static bool name_valid(str name) {
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] >= 127 || name.p[i] == ':')
            return false;
    return name.n > 0;
}

static bool value_valid(str value) {
    return !str_has_byte(value, '\r') && !str_has_byte(value, '\n') && !str_has_byte(value, 0);
}

/* Adds a word, broken with CRLF SP where one line cannot hold it; never inside a UTF-8 character. */
static void add_word(buf *out, str word, size_t *column) {
    while (*column + word.n > LINE_HARD) {
        size_t n = LINE_HARD - *column;
        while (n > 1 && ((unsigned char)word.p[n] & 0xC0) == 0x80)
            n--;
        buf_add(out, str_sub(word, 0, n));
        buf_add(out, S("\r\n "));
        word = str_skip(word, n);
        *column = 1;
    }
    buf_add(out, word);
    *column += word.n;
}

/* The blanks at the front of rest, and the word behind them. */
static void take_word(str *rest, str *blanks, str *word) {
    size_t n = 0;
    while (n < rest->n && ascii_blank(rest->p[n]))
        n++;
    *blanks = str_sub(*rest, 0, n);
    size_t end = n;
    while (end < rest->n && !ascii_blank(rest->p[end]))
        end++;
    *word = str_sub(*rest, n, end - n);
    *rest = str_skip(*rest, end);
}

bool header_print(buf *out, str name, str value) {
    if (!name_valid(name) || name.n > LINE_HARD / 2 || !value_valid(value))
        return false;
    buf_add(out, name);
    buf_add(out, S(":"));
    size_t column = name.n + 1;
    bool first = true;
    str rest = str_trim(value), blanks, word;
    while (rest.n) {
        take_word(&rest, &blanks, &word);
        if (first)
            blanks = S(" ");
        else
            blanks = str_sub(blanks, 0, BLANKS_MOST);
        if (!first && column + blanks.n + word.n > LINE_SOFT) {
            buf_add(out, S("\r\n"));
            column = 0;
        }
        first = false;
        buf_add(out, blanks);
        column += blanks.n;
        add_word(out, word, &column);
    }
    return buf_add(out, S("\r\n"));
}
