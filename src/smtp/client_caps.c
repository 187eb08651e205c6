#include "smtp/client_caps.h"

typedef struct keyword {
    str name;
    unsigned bit;
} keyword;

#define KEYWORD(name, bit) \
    { {"" name, sizeof(name) - 1}, bit }

static const keyword extensions[] = {
    KEYWORD("PIPELINING", SMTP_CAP_PIPELINING),      KEYWORD("8BITMIME", SMTP_CAP_8BITMIME),
    KEYWORD("SMTPUTF8", SMTP_CAP_SMTPUTF8),          KEYWORD("CHUNKING", SMTP_CAP_CHUNKING),
    KEYWORD("BINARYMIME", SMTP_CAP_BINARYMIME),      KEYWORD("DSN", SMTP_CAP_DSN),
    KEYWORD("STARTTLS", SMTP_CAP_STARTTLS),          KEYWORD("SIZE", SMTP_CAP_SIZE),
    KEYWORD("ENHANCEDSTATUSCODES", SMTP_CAP_STATUS),
};

static const keyword mechanisms[] = {
    KEYWORD("PLAIN", SMTP_AUTH_PLAIN),
    KEYWORD("LOGIN", SMTP_AUTH_LOGIN),
    KEYWORD("SCRAM-SHA-256", SMTP_AUTH_SCRAM),
    KEYWORD("SCRAM-SHA-256-PLUS", SMTP_AUTH_SCRAM_PLUS),
};

static unsigned keyword_bit(const keyword *table, size_t n, str word) {
    for (size_t i = 0; i < n; i++)
        if (str_caseeq(word, table[i].name))
            return table[i].bit;
    return 0;
}

/* RFC 4954 3: "AUTH PLAIN LOGIN"; the old "AUTH=PLAIN LOGIN" is still said by some. */
static void add_mechanisms(smtp_caps *caps, str words) {
    str word;
    while (str_cut(&words, ' ', &word))
        caps->mechanisms |= keyword_bit(mechanisms, sizeof mechanisms / sizeof *mechanisms, word);
}

/* RFC 9422 4: "LIMITS RCPTMAX=100 MAILMAX=20"; unknown limits are passed over. */
static void add_limits(smtp_caps *caps, str words) {
    str word, name;
    while (str_cut(&words, ' ', &word)) {
        uint64_t value;
        if (!str_cut(&word, '=', &name) || !str_to_u64(word, UINT32_MAX, &value) || !value)
            continue;
        if (str_caseeq(name, S("RCPTMAX")))
            caps->rcpt_max = value;
        else if (str_caseeq(name, S("MAILMAX")))
            caps->mail_max = value;
    }
}

void smtp_caps_line(smtp_caps *caps, str line) {
    str word, rest = str_trim(line);
    if (str_casestarts(rest, S("AUTH="))) {
        add_mechanisms(caps, str_skip(rest, 5));
        return;
    }
    if (!str_cut(&rest, ' ', &word))
        return;
    if (str_caseeq(word, S("AUTH"))) {
        add_mechanisms(caps, rest);
        return;
    }
    if (str_caseeq(word, S("LIMITS"))) {
        add_limits(caps, rest);
        return;
    }
    unsigned bit = keyword_bit(extensions, sizeof extensions / sizeof *extensions, word);
    caps->bits |= bit;
    uint64_t size;
    if (bit == SMTP_CAP_SIZE && str_to_u64(str_trim(rest), UINT64_MAX, &size)) /* RFC 1870 4: 0 is no limit */
        caps->size = size;
}
