#include "smtp/client_reply.h"

#include "base/utf8.h"

void smtp_reply_init(smtp_reply_parse *p) {
    *p = (smtp_reply_parse){0};
    buf_init(&p->words, SMTP_REPLY_TEXT);
}

void smtp_reply_free(smtp_reply_parse *p) { buf_free(&p->words); }

void smtp_reply_begin(smtp_reply_parse *p) {
    buf_clear(&p->words);
    p->code = 0;
    p->status[0] = '\0';
    p->lines = 0;
    p->ended = false;
}

/* One to three digits, RFC 3463 2. */
static size_t digits_size(str s) {
    size_t n = 0;
    while (n < s.n && n < 4 && ascii_digit(s.p[n]))
        n++;
    return n <= 3 ? n : 0;
}

size_t smtp_status_size(str s) {
    if (s.n < 5 || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5') || s.p[1] != '.')
        return 0;
    size_t subject = digits_size(str_skip(s, 2));
    if (!subject || 2 + subject >= s.n || s.p[2 + subject] != '.')
        return 0;
    size_t detail = digits_size(str_skip(s, 3 + subject));
    size_t n = 3 + subject + detail;
    return detail && (n == s.n || s.p[n] == ' ') ? n : 0;
}

/* "250", "250 words" or "250-words". The code, or 0 when it is no reply line. */
static unsigned line_code(str line, bool *last) {
    if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' || !ascii_digit(line.p[1]) || !ascii_digit(line.p[2]))
        return 0;
    if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
        return 0;
    *last = line.n == 3 || line.p[3] == ' ';
    return (unsigned)((line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + (line.p[2] - '0'));
}

/* Adds the words of a line while there is room. The status is kept apart; servers repeat it on each line. */
static void keep_words(smtp_reply_parse *p, str text) {
    size_t status = smtp_status_size(text);
    if (status && text.p[0] == (char)('0' + p->code / 100)) {
        if (!p->status[0]) {
            memcpy(p->status, text.p, status);
            p->status[status] = '\0';
        }
        text = str_skip(text, status);
    }
    text = str_trim(text);
    if (!text.n || p->words.over)
        return;
    size_t whole = p->words.n;
    if ((whole && !buf_add_byte(&p->words, ' ')) || !utf8_escape(&p->words, text, false))
        buf_truncate(&p->words,
                     whole ? whole : p->words.n); /* a line that no longer fits goes, unless it is the first */
}

smtp_reply_state smtp_reply_line(smtp_reply_parse *p, str line, str *text) {
    *text = (str){0};
    bool last;
    unsigned code = line_code(line, &last);
    if (p->ended || !code || line.n > SMTP_REPLY_LINE || ++p->lines > SMTP_REPLY_LINES)
        return SMTP_REPLY_BAD;
    /* RFC 5321 4.2.1: the codes of all lines are the same. Servers that mix them exist; what a reply means may not be
     * mixed. */
    if (p->lines > 1 && code / 100 != p->code / 100)
        return SMTP_REPLY_BAD;
    p->code = code;
    *text = str_skip(line, 4);
    keep_words(p, *text);
    p->ended = last;
    return last ? SMTP_REPLY_DONE : SMTP_REPLY_MORE;
}
