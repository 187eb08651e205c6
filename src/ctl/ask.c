/* What is asked of the person at the terminal. */
#include "ctl/ctl.h"

#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rand.h"

enum { PASSWORD_MOST = 1024 };

static bool read_line(ctl *c, FILE *from, str *out) {
    char line[PASSWORD_MOST + 2];
    if (!fgets(line, sizeof line, from))
        return false;
    str text = str_c(line);
    while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
        text.n--;
    *out = arena_str(&c->memory, text);
    mem_wipe(line, sizeof line);
    return out->n > 0;
}

static bool ask_hidden(ctl *c, const char *question, str *out) {
    struct termios before, hidden;
    FILE *terminal = fopen("/dev/tty", "r+");
    if (!terminal || tcgetattr(fileno(terminal), &before) != 0) {
        if (terminal)
            fclose(terminal);
        return false;
    }
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(question, terminal);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    bool fine = read_line(c, terminal, out);
    tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    fputs("\n", terminal);
    fclose(terminal);
    return fine;
}

bool ctl_read_password(ctl *c, bool from_stdin, str *out) {
    if (from_stdin || !isatty(STDIN_FILENO))
        return read_line(c, stdin, out);
    str again;
    if (!ask_hidden(c, "Password: ", out) || !ask_hidden(c, "Again: ", &again))
        return false;
    if (str_eq(*out, again))
        return true;
    ctl_wrong(c, "the two passwords differ");
    return false;
}

str ctl_random_password(ctl *c) {
    char id[RAND_ID];
    rand_id(id);
    return arena_str(&c->memory, str_of(id, 20)); /* about 100 bits */
}

bool ctl_yes(const char *question) {
    char line[16];
    FILE *terminal = fopen("/dev/tty", "r+");
    if (!terminal)
        return false;
    fprintf(terminal, "%s [y/N] ", question);
    fflush(terminal);
    bool yes = fgets(line, sizeof line, terminal) && (line[0] == 'y' || line[0] == 'Y');
    fclose(terminal);
    return yes;
}
