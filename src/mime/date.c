#include "mime/date.h"

#include "base/time.h"
#include "mime/lex.h"

enum { YEAR_LEAST = 1900, YEAR_MOST = 9999, ZONE_MOST = 99 * 60 + 59 };

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* 1 to 12, or 0. Full names ("September") are read by their first three letters. */
static int month_of(str word) {
    for (int i = 0; i < 12; i++)
        if (word.n >= 3 && str_caseeq(str_sub(word, 0, 3), str_of(months[i], 3)))
            return i + 1;
    return 0;
}

static bool weekday_name(str word) {
    for (int i = 0; i < 7; i++)
        if (word.n >= 3 && str_caseeq(str_sub(word, 0, 3), str_of(weekdays[i], 3)))
            return true;
    return false;
}

/* The next run of letters or of digits, after blanks, comments and stray commas. Empty at anything else. */
static str next_word(str *s) {
    lex_skip_cfws(s);
    while (s->n && s->p[0] == ',') {
        *s = str_skip(*s, 1);
        lex_skip_cfws(s);
    }
    size_t n = 0;
    bool letters = s->n && ascii_alpha(s->p[0]);
    while (n < s->n && (letters ? ascii_alpha(s->p[n]) : ascii_digit(s->p[n])))
        n++;
    str word = str_sub(*s, 0, n);
    *s = str_skip(*s, n);
    return word;
}

static bool take_number(str *s, size_t digits_most, uint32_t most, int *out) {
    str word = next_word(s);
    uint32_t value;
    if (word.n > digits_most || !str_to_u32(word, most, &value))
        return false;
    *out = (int)value;
    return true;
}

static bool take_byte(str *s, char c) {
    lex_skip_cfws(s);
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = str_skip(*s, 1);
    return true;
}

/* Two digits are 2000-2049 and 1950-1999, three are counted from 1900: RFC 5322 4.3. */
static bool take_year(str *s, int *year) {
    str word = next_word(s);
    uint32_t value;
    if (word.n < 2 || word.n > 4 || !str_to_u32(word, YEAR_MOST, &value))
        return false;
    if (word.n == 2)
        value += value < 50 ? 2000 : 1900;
    else if (word.n == 3)
        value += 1900;
    *year = (int)value;
    return value >= YEAR_LEAST;
}

/* hour ":" minute [":" second]; the seconds are optional in RFC 5322, a leap second is the next minute's first. */
static bool take_time(str *s, civil *c) {
    if (!take_number(s, 2, 23, &c->hour) || !take_byte(s, ':') || !take_number(s, 2, 59, &c->minute))
        return false;
    return !take_byte(s, ':') || take_number(s, 2, 60, &c->second);
}

/* Letters RFC 5322 4.3 gives a meaning. Military letters were defined with the wrong sign once and so mean
 * nothing, like any unknown name: UTC. */
static int named_zone(str name) {
    static const struct {
        char name[4];
        int hours;
    } zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
                 {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (str_caseeq(name, str_of(zones[i].name, 3)))
            return zones[i].hours * 60;
    return 0;
}

static bool numeric_zone(str digits, bool west, int *zone) {
    uint32_t value;
    if (digits.n != 4 || !str_to_u32(digits, 9959, &value) || value % 100 > 59)
        return false;
    *zone = (int)(value / 100 * 60 + value % 100);
    if (west)
        *zone = -*zone;
    return true;
}

/* A missing zone is UTC. What follows the zone ("(CET)" or worse) is not looked at. */
static bool take_zone(str *s, int *zone) {
    bool west = take_byte(s, '-');
    if (west || take_byte(s, '+'))
        return numeric_zone(next_word(s), west, zone);
    *zone = named_zone(next_word(s));
    return true;
}

static bool make_date(const civil *c, int zone, mime_date *out) {
    int64_t local = civil_to_unix(c);
    civil back = civil_of(local - c->second);
    if (back.day != c->day || back.month != c->month)
        return false; /* 31 April */
    *out = (mime_date){local - zone * 60, zone};
    return true;
}

/* "Nov 21 01:54:26 2026", what asctime(3) prints and some programs still send, or date(1)'s with a zone before
 * the year. */
static bool take_asctime(str *s, civil *c, str month, int *zone) {
    c->month = month_of(month);
    if (!c->month || !take_number(s, 2, 31, &c->day) || c->day == 0 || !take_time(s, c))
        return false;
    lex_skip_cfws(s);
    if (s->n && ascii_alpha(s->p[0]))
        *zone = named_zone(next_word(s));
    return take_year(s, &c->year);
}

bool date_parse(str value, mime_date *out) {
    civil c = {0};
    int zone = 0;
    str s = value;
    str word = next_word(&s);
    if (weekday_name(word)) {
        take_byte(&s, '.');
        word = next_word(&s);
    }
    if (word.n && ascii_alpha(word.p[0]))
        return take_asctime(&s, &c, word, &zone) && make_date(&c, zone, out);
    uint32_t day;
    if (word.n > 2 || !str_to_u32(word, 31, &day) || day == 0)
        return false;
    c.day = (int)day;
    bool dashes = take_byte(&s, '-'); /* "21-Nov-2026" of very old mail */
    c.month = month_of(next_word(&s));
    return c.month && (!dashes || take_byte(&s, '-')) && take_year(&s, &c.year) && take_time(&s, &c) &&
           take_zone(&s, &zone) && make_date(&c, zone, out);
}

/* Sign, hours and minutes of the zone, and the civil time there; false when a parser could not read it back. */
static bool printable(mime_date d, civil *c, char *sign, int *zone) {
    if (d.zone < -ZONE_MOST || d.zone > ZONE_MOST || d.at < INT64_C(-2208988800 - 100 * 3600) ||
        d.at > INT64_C(253402300799 + 100 * 3600))
        return false;
    *c = civil_of(d.at + d.zone * 60);
    *sign = d.zone < 0 ? '-' : '+';
    *zone = d.zone < 0 ? -d.zone : d.zone;
    return c->year >= YEAR_LEAST && c->year <= YEAR_MOST;
}

bool date_print(buf *out, mime_date d) {
    civil c;
    char sign;
    int zone;
    if (!printable(d, &c, &sign, &zone))
        return false;
    return buf_addf(out, "%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d", weekdays[c.weekday], c.day, months[c.month - 1],
                    c.year, c.hour, c.minute, c.second, sign, zone / 60, zone % 60);
}

bool date_print_imap(buf *out, mime_date d) {
    civil c;
    char sign;
    int zone;
    if (!printable(d, &c, &sign, &zone))
        return false;
    return buf_addf(out, "%02d-%s-%04d %02d:%02d:%02d %c%02d%02d", c.day, months[c.month - 1], c.year, c.hour, c.minute,
                    c.second, sign, zone / 60, zone % 60);
}

/* Digits at fixed places: RFC 9051 9, date-time. */
static bool fixed(str s, size_t at, size_t n, uint32_t most, int *out) {
    uint32_t value;
    if (!str_to_u32(str_sub(s, at, n), most, &value))
        return false;
    *out = (int)value;
    return true;
}

bool date_parse_imap(str quoted_content, mime_date *out) {
    static const char form[] = "-   -       :  :        "; /* what follows the day */
    str s = quoted_content;
    civil c = {0};
    int zone;
    size_t dash = str_find(s, '-');
    if (dash == STR_NONE || dash > 2 || s.n - dash != sizeof form - 1)
        return false;
    str day = str_sub(s, 0, dash);
    if (day.n == 2 && day.p[0] == ' ')
        day = str_skip(day, 1);
    s = str_skip(s, dash);
    for (size_t i = 0; i < s.n; i++)
        if (form[i] != ' ' && s.p[i] != form[i])
            return false;
    if (s.p[9] != ' ' || s.p[18] != ' ' || (s.p[19] != '+' && s.p[19] != '-'))
        return false;
    c.month = month_of(str_sub(s, 1, 3));
    return c.month && fixed(day, 0, 2, 31, &c.day) && c.day && fixed(s, 5, 4, YEAR_MOST, &c.year) &&
           c.year >= YEAR_LEAST && fixed(s, 10, 2, 23, &c.hour) && fixed(s, 13, 2, 59, &c.minute) &&
           fixed(s, 16, 2, 60, &c.second) && numeric_zone(str_sub(s, 20, 4), s.p[19] == '-', &zone) &&
           make_date(&c, zone, out);
}
