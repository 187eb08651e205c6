/* POP3: any input is cut into lines that are parsed, and is a message whose dot-stuffed form reads back to the same
 * bytes. */
#include "base/err.h"
#include "pop3/grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_commands(str in, bool in_sasl) {
    str line;
    size_t used;
    while (pop3_line(in, pop3_line_most(in, in_sasl), &line, &used) == POP3_CUT_LINE) {
        ASSERT(used > line.n && used <= in.n);
        pop3_words words;
        uint32_t numbers[2];
        if (pop3_parse(line, &words)) {
            ASSERT(words.keyword.n + words.argument.n <= line.n);
            pop3_numbers(words.argument, 1, numbers);
            pop3_numbers(words.argument, 2, numbers);
        }
        in = str_skip(in, used);
    }
}

/* As a client reads it (RFC 1939 3): a line ends with CRLF, ".CRLF" is the end, another dot in front goes away. */
static void unstuff(str sent, buf *message) {
    str line = S("");
    while (!str_eq(line, S(".\r\n"))) {
        size_t end = str_find_str(sent, S("\r\n"));
        ASSERT(end != STR_NONE);
        line = str_sub(sent, 0, end + 2);
        sent = str_skip(sent, line.n);
        if (!str_eq(line, S(".\r\n")))
            buf_add(message, str_starts(line, S(".")) ? str_skip(line, 1) : line);
    }
    ASSERT(sent.n == 0);
}

static void send_message(str message, size_t step, buf *out) {
    pop3_body b;
    pop3_body_all(&b);
    for (size_t at = 0; at < message.n; at += step)
        pop3_body_add(&b, str_sub(message, at, step), out);
    pop3_body_end(&b, out);
}

static void round_trip(str message) {
    SCOPED_BUF whole = {.max = 1 << 26}, pieces = {.max = 1 << 26}, back = {.max = 1 << 26};
    send_message(message, message.n + 1, &whole);
    send_message(message, 1 + message.n % 7, &pieces);
    ASSERT(str_eq(buf_str(&whole), buf_str(&pieces)));
    unstuff(buf_str(&whole), &back);
    ASSERT(str_starts(buf_str(&back), message));
    ASSERT(back.n == message.n || (back.n == message.n + 2 && !str_ends(message, S("\r\n"))));
}

static void top(str message, uint64_t lines) {
    SCOPED_BUF out = {.max = 1 << 26};
    pop3_body b;
    pop3_body_top(&b, lines);
    pop3_body_add(&b, message, &out);
    pop3_body_end(&b, &out);
    ASSERT(str_ends(buf_str(&out), S(".\r\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    read_commands(in, false);
    read_commands(in, true);
    round_trip(in);
    top(in, 0);
    top(in, size % 5);
    return 0;
}
