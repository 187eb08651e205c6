/* DATA: the message up to the dot (RFC 5321 4.1.1.4). */
#include "smtp/session.h"

void smtp_cmd_data(smtp_session *s, str verb, str args) {
    if (args.n) {
        smtp_say(s, 501, "5.5.4", "DATA takes no arguments");
    } else if (s->state == SMTP_MAIL) {
        smtp_say(s, 503, "5.5.1", "No valid recipients");
    } else if (s->tx->body == SMTP_BODY_BINARYMIME) {
        smtp_say(s, 503, "5.5.1", "BINARYMIME goes by BDAT"); /* RFC 3030 3 */
    } else {
        smtp_move(s, SMTP_DATA);
        smtp_collect_begin(s);
        smtp_collect_wait(s);
        smtp_say(s, 354, "", "End data with <CR><LF>.<CR><LF>");
    }
}

size_t smtp_data_input(smtp_session *s, str in) {
    str rest = in, piece;
    while (smtp_data_next(&s->tx->data, &rest, &piece))
        smtp_collect(s, piece);
    if (s->tx->data.state == SMTP_DATA_END)
        smtp_message_end(s);
    else
        smtp_collect_wait(s);
    return in.n - rest.n;
}
