#include "app/boot.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/check.h"
#include "app/files.h"
#include "base/mem.h"

static char folder[] = "/tmp/godwit-boot-XXXXXX";
static arena memory;

static int setup(void **state) {
    arena_init(&memory, 8 << 20);
    return mkdtemp(folder) && chmod(folder, 0755) == 0 ? 0 : -1; /* the server's user must pass */
}

static int teardown(void **state) {
    str command = arena_strf(&memory, "rm -rf %s", folder);
    int said = system(command.p);
    arena_free(&memory);
    return said;
}

/* A configuration file in the folder; answers its path. */
static str write_config(const char *more) {
    str path = arena_strf(&memory, "%s/godwit.conf", folder);
    str text = arena_strf(&memory,
                          "[server]\nhost = mail.demo.test\ndata = %s/data\nloops = 3\nuser = %s\n[listener \"a\"]\n"
                          "protocol = mx\naddress = 127.0.0.1:0\naddress = unix:%s/door\n%s",
                          folder, geteuid() == 0 ? "nobody" : "", folder, more);
    assert_false(failed(file_write(path, text, 0644)));
    return path;
}

static void everything_is_gathered(void **state) {
    boot b;
    SCOPED_BUF said;
    buf_init(&said, 10000);
    struct stat info;
    assert_false(failed(boot_read(&b, write_config(""), &said)));
    assert_int_equal(said.n, 0);
    assert_false(failed(boot_prepare(&b)));
    assert_int_equal(b.loops, 3);
    assert_int_equal(b.sockets_n, 2);
    assert_int_not_equal(b.sockets[0].at.port, 0);
    for (size_t i = 0; i < 3; i++) { /* one socket a loop, all at the port that the system chose */
        struct sockaddr_storage at;
        socklen_t n = sizeof at;
        addr bound;
        assert_int_equal(getsockname(b.sockets[0].fds[i], (struct sockaddr *)&at, &n), 0);
        assert_true(addr_from_sockaddr((struct sockaddr *)&at, &bound));
        assert_int_equal(bound.port, b.sockets[0].at.port);
    }
    assert_int_equal(stat(arena_strf(&memory, "%s/data", folder).p, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(info.st_uid, b.uid);
    if (geteuid() == 0)
        assert_int_not_equal(b.uid, 0);
    assert_true(b.certs.self_signed);
    assert_int_equal(b.certs.n, 1);
    assert_int_equal(stat(arena_strf(&memory, "%s/data/tls/self-signed.key", folder).p, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    boot_close_sockets(&b);
    boot_free(&b);
}

static void the_same_certificate_and_secret_are_found_again(void **state) {
    boot one, two;
    SCOPED_BUF said;
    buf_init(&said, 10000);
    str path = write_config("");
    assert_false(failed(boot_read(&one, path, &said)));
    assert_false(failed(boot_directories(&one)));
    assert_false(failed(boot_load_certs(&one)));
    assert_false(failed(boot_read(&two, path, &said)));
    assert_false(failed(boot_load_certs(&two)));
    assert_str(two.certs.pairs[0].certificate, one.certs.pairs[0].certificate);
    assert_true(two.certs.secret.n >= 16);
    assert_str(two.certs.secret, one.certs.secret);
    boot_free(&one);
    boot_free(&two);
}

static void what_is_packed_is_unpacked(void **state) {
    boot one, two;
    SCOPED_BUF said, packed;
    buf_init(&said, 10000);
    buf_init(&packed, 1 << 20);
    assert_false(failed(boot_read(&one, write_config("[smtp]\nmax-size = 1M\n"), &said)));
    assert_false(failed(boot_directories(&one)));
    assert_false(failed(boot_load_certs(&one)));
    boot_pack(&one, &packed);
    assert_false(failed(boot_unpack(&two, buf_str(&packed))));
    assert_int_equal(two.config.smtp_max_size, 1 << 20);
    assert_str(two.certs.pairs[0].key, one.certs.pairs[0].key);
    assert_str(two.certs.secret, one.certs.secret);
    boot_free(&two);
    for (size_t cut = 0; cut < packed.n; cut += 97) { /* a broken message is refused, never read past its end */
        err e = boot_unpack(&two, str_sub(buf_str(&packed), 0, cut));
        assert_true(failed(e) || two.certs.n < one.certs.n);
        boot_free(&two);
    }
    boot_free(&one);
}

static void a_link_in_the_data_directory_gives_nothing_away(void **state) {
    boot b;
    SCOPED_BUF said;
    struct stat info;
    buf_init(&said, 10000);
    if (geteuid() != 0)
        return; /* only root can give away */
    str others = arena_strf(&memory, "%s/others", folder), spool = arena_strf(&memory, "%s/data/spool", folder);
    assert_false(failed(boot_read(&b, write_config(""), &said)));
    assert_false(failed(boot_directories(&b)));
    assert_int_equal(mkdir(others.p, 0700), 0);
    assert_int_equal(rmdir(spool.p), 0);
    assert_int_equal(symlink(others.p, spool.p), 0);
    assert_false(failed(boot_directories(&b)));
    assert_int_equal(stat(others.p, &info), 0);
    assert_int_equal(info.st_uid, 0);
    assert_int_equal(unlink(spool.p), 0);
    boot_free(&b);
}

static void mistakes_and_taken_ports_are_said(void **state) {
    boot b;
    SCOPED_BUF said;
    buf_init(&said, 10000);
    assert_true(failed(boot_read(&b, write_config("[smtp]\nvrfy = perhaps\n"), &said)));
    assert_true(str_find_str(buf_str(&said), S("godwit.conf:11:")) != STR_NONE);
    boot_free(&b);
    int taken = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_storage at;
    addr here;
    assert_true(addr_parse_port(S("127.0.0.1:0"), 0, &here));
    socklen_t n = addr_to_sockaddr(&here, &at);
    int on = 1; /* another server of the same user: the system would let both have the port */
    assert_int_equal(setsockopt(taken, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), 0);
    assert_int_equal(bind(taken, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(taken, 1), 0);
    n = sizeof at;
    assert_int_equal(getsockname(taken, (struct sockaddr *)&at, &n), 0);
    assert_true(addr_from_sockaddr((struct sockaddr *)&at, &here));
    str more = arena_strf(&memory, "[listener \"b\"]\nprotocol = imap\naddress = 127.0.0.1:%u\n", here.port);
    assert_false(failed(boot_read(&b, write_config(more.p), &said)));
    err e = boot_prepare(&b);
    assert_true(failed(e));
    assert_true(str_find_str(str_c(e.log), S("listener \"b\"")) != STR_NONE);
    boot_close_sockets(&b);
    boot_free(&b);
    close(taken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_gathered),
        cmocka_unit_test(the_same_certificate_and_secret_are_found_again),
        cmocka_unit_test(what_is_packed_is_unpacked),
        cmocka_unit_test(a_link_in_the_data_directory_gives_nothing_away),
        cmocka_unit_test(mistakes_and_taken_ports_are_said),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
