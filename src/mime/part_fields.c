#include "mime/part_fields.h"

#include "mime/lex.h"

void part_fields_opaque(part *p) {
    p->type = S("application");
    p->subtype = S("octet-stream");
    p->multipart = p->message = false;
    if (!p->encoding.n)
        p->encoding = S("7BIT");
}

static str take_token(str *s) {
    lex_skip_cfws(s);
    size_t n = 0;
    while (n < s->n && lex_token(s->p[n]))
        n++;
    str token = str_sub(*s, 0, n);
    *s = str_skip(*s, n);
    lex_skip_cfws(s);
    return token;
}

static void set_type(part *p, str type, str subtype) {
    p->type = type;
    p->subtype = subtype;
}

/* type "/" subtype. What cannot be read is text, RFC 2045 5.2. */
static void split_type(part *p, str value) {
    str type = take_token(&value);
    bool slash = value.n && value.p[0] == '/';
    value = str_skip(value, 1);
    str subtype = take_token(&value);
    if (type.n && slash && subtype.n)
        set_type(p, type, subtype);
}

static void set_default_type(part *p) {
    if (p->parent && p->parent->multipart && str_caseeq(p->parent->subtype, S("digest")))
        set_type(p, S("message"), S("rfc822")); /* RFC 2046 5.1.5 */
    else
        set_type(p, S("text"), S("plain"));
}

static bool keep_unfolded(str *to, str value, arena *a) {
    *to = header_unfold(value, a);
    return to->p != NULL;
}

/* One Content- field; `name` is what follows "Content-". Of several the first counts. */
static bool read_field(part *p, str name, str value, arena *a) {
    const struct {
        str name;
        str *to;
    } plain[] = {{S("ID"), &p->id},
                 {S("Description"), &p->description},
                 {S("MD5"), &p->md5},
                 {S("Language"), &p->language},
                 {S("Location"), &p->location}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (str_caseeq(name, plain[i].name))
            return plain[i].to->p || keep_unfolded(plain[i].to, value, a);
    if (str_caseeq(name, S("Type")) && !p->content_type.value.p) {
        set_type(p, S("text"), S("plain"));
        if (failed(header_params_parse(value, a, &p->content_type)))
            return false;
        split_type(p, p->content_type.value);
    } else if (str_caseeq(name, S("Disposition")) && !p->disposition.value.p) {
        return !failed(header_params_parse(value, a, &p->disposition));
    } else if (str_caseeq(name, S("Transfer-Encoding")) && !p->encoding.p) {
        p->encoding = take_token(&value);
    }
    return true;
}

bool part_fields_read(part *p, str header, arena *a) {
    header_field field;
    set_default_type(p);
    while (header_next(&header, &field))
        if (str_casestarts(field.name, S("Content-")) && !read_field(p, str_skip(field.name, 8), field.value, a))
            return false;
    if (p->encoding.n == 0)
        p->encoding = S("7BIT");
    if (!p->disposition.value.p)
        p->disposition.value = S("");
    if (!p->content_type.value.p)
        p->content_type.value = S("");
    /* A multipart whose parts cannot be told apart is shown as it is, as text. */
    if (str_caseeq(p->type, S("multipart")) && part_fields_boundary(p).n == 0)
        set_type(p, S("text"), S("plain"));
    return true;
}

str part_fields_boundary(const part *p) {
    const header_params *params = &p->content_type;
    str boundary = S("");
    if (!str_caseeq(p->type, S("multipart")))
        return boundary;
    for (size_t i = 0; i < params->n && boundary.n == 0; i++) {
        const header_param *param = &params->params[i];
        /* The raw value: nothing in it is an encoded word, whatever it looks like. */
        if (str_eq(param->name, S("boundary")))
            boundary = str_ends(param->raw_name, S("*")) ? param->value : param->raw;
    }
    while (boundary.n && boundary.p[boundary.n - 1] == ' ')
        boundary.n--;
    return boundary;
}

bool part_fields_is_message(const part *p) {
    return str_caseeq(p->type, S("message")) &&
           (str_caseeq(p->subtype, S("rfc822")) || str_caseeq(p->subtype, S("global")));
}

bool part_fields_open_message(const part *p) {
    /* RFC 2046 5.2.1 forbids any other encoding; an encoded message is left closed. */
    return part_fields_is_message(p) && (str_caseeq(p->encoding, S("7bit")) || str_caseeq(p->encoding, S("8bit")) ||
                                         str_caseeq(p->encoding, S("binary")));
}
