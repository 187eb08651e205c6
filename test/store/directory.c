#include "kit.h"

static void domains(void **state) {
    kit *k = *state;
    int64_t id;
    store_domain got, *list;
    size_t n;
    assert_ok(store_domain_add(k->s, &admin, S("b.example"), &id));
    assert_err(store_domain_add(k->s, &admin, S("b.example"), &id), ERR_PEER, ERR_EXISTS);
    assert_err(store_domain_add(k->s, &admin, S("a@b"), &id), ERR_PEER, ERR_SYNTAX);
    assert_err(store_domain_add(k->s, &admin, S(""), &id), ERR_PEER, ERR_SYNTAX);
    assert_err(store_domain_add(k->s, &admin, S("a\nb"), &id), ERR_PEER, ERR_SYNTAX);
    assert_ok(store_domain_get(k->s, &admin, S("b.example"), &k->a, &got));
    assert_int_equal(got.id, id);
    assert_true(got.created > 1600000000);
    assert_ok(store_domain_list(k->s, &admin, S(""), 100, &k->a, &list, &n));
    assert_int_equal(n, 2);
    assert_str(list[0].name, S("b.example"));
    assert_str(list[1].name, S("example.org"));
    assert_ok(store_domain_list(k->s, &admin, S("b.example"), 100, &k->a, &list, &n));
    assert_int_equal(n, 1);
    assert_ok(store_domain_list(k->s, &admin, S(""), 1, &k->a, &list, &n));
    assert_int_equal(n, 1);
    assert_err(store_domain_remove(k->s, &admin, S("example.org")), ERR_PEER, ERR_CONFLICT);
    assert_ok(store_domain_remove(k->s, &admin, S("b.example")));
    assert_err(store_domain_remove(k->s, &admin, S("b.example")), ERR_PEER, ERR_NOT_FOUND);
    assert_err(store_domain_get(k->s, &admin, S("b.example"), &k->a, &got), ERR_PEER, ERR_NOT_FOUND);
}

static void accounts(void **state) {
    kit *k = *state;
    int64_t id;
    store_account in = {.name = S("carl@example.org"),
                        .credential = S("secret"),
                        .quota_bytes = 1000,
                        .used_bytes = 99},
                  got, *list;
    size_t n;
    assert_ok(store_account_add(k->s, &admin, &in, &id));
    assert_err(store_account_add(k->s, &admin, &in, &id), ERR_PEER, ERR_EXISTS);
    assert_err(store_account_add(k->s, &admin, &(store_account){.name = S("x@other.example")}, &id), ERR_PEER,
               ERR_NOT_FOUND);
    assert_err(store_account_add(k->s, &admin, &(store_account){.name = S("nobody")}, &id), ERR_PEER, ERR_SYNTAX);
    assert_err(store_account_add(k->s, &admin, &(store_account){.name = S("@example.org")}, &id), ERR_PEER, ERR_SYNTAX);
    assert_ok(store_account_get(k->s, &admin, in.name, &k->a, &got));
    assert_true(got.id > k->bert && got.quota_bytes == 1000 && got.used_bytes == 0 && got.messages == 0 &&
                !got.disabled);
    assert_ok(store_account_list(k->s, &admin, S("anna@example.org"), 10, &k->a, &list, &n));
    assert_int_equal(n, 2);
    assert_str(list[0].name, S("bert@example.org"));
    in = (store_account){.credential = S("new"), .disabled = true, .quota_bytes = 5};
    assert_ok(store_account_set(k->s, &admin, got.id, ACCOUNT_SET_DISABLED, &in));
    assert_ok(store_account_get(k->s, &login, S("carl@example.org"), &k->a, &got));
    assert_true(got.disabled && got.quota_bytes == 1000);
    assert_str(got.credential, S("secret"));
    assert_ok(store_account_set(k->s, &admin, got.id, ACCOUNT_SET_CREDENTIAL | ACCOUNT_SET_QUOTA, &in));
    assert_ok(store_account_get(k->s, &login, S("carl@example.org"), &k->a, &got));
    assert_true(got.disabled && got.quota_bytes == 5);
    assert_str(got.credential, S("new"));
    assert_err(store_account_set(k->s, &admin, 12345, ACCOUNT_SET_QUOTA, &in), ERR_PEER, ERR_NOT_FOUND);
}

static void credentials_are_for_login_alone(void **state) {
    kit *k = *state;
    store_account got, *list;
    size_t n;
    assert_ok(store_account_get(k->s, &login, S("anna@example.org"), &k->a, &got));
    assert_str(got.credential, S("v1"));
    assert_ok(store_account_get(k->s, &admin, S("anna@example.org"), &k->a, &got));
    assert_str(got.credential, S(""));
    assert_ok(store_account_get(k->s, &k->as_anna, S("anna@example.org"), &k->a, &got));
    assert_str(got.credential, S(""));
    assert_err(store_account_get(k->s, &k->as_anna, S("bert@example.org"), &k->a, &got), ERR_PEER, ERR_NOT_FOUND);
    assert_ok(store_account_list(k->s, &admin, S(""), 10, &k->a, &list, &n));
    assert_str(list[0].credential, S(""));
}

static void removing_an_account_takes_everything(void **state) {
    kit *k = *state;
    int64_t id, inbox = kit_box(k, &k->as_anna, "INBOX");
    store_address got;
    kit_append(k, &k->as_anna, inbox, kit_message(k, "one"));
    str forward = S("else@example.net");
    assert_ok(
        store_address_add(k->s, &admin, &(store_address){.key = S("alias@example.org"), .account = k->anna}, &id));
    assert_ok(store_address_add(
        k->s, &admin,
        &(store_address){.key = S("both@example.org"), .account = k->anna, .forwards = &forward, .forwards_n = 1},
        &id));
    assert_ok(store_account_remove(k->s, &admin, k->anna));
    assert_err(store_account_remove(k->s, &admin, k->anna), ERR_PEER, ERR_NOT_FOUND);
    assert_err(store_address_get(k->s, &admin, S("anna@example.org"), &k->a, &got), ERR_PEER, ERR_NOT_FOUND);
    assert_err(store_address_get(k->s, &admin, S("alias@example.org"), &k->a, &got), ERR_PEER, ERR_NOT_FOUND);
    assert_ok(store_address_get(k->s, &admin, S("both@example.org"), &k->a, &got));
    assert_int_equal(got.account, 0);
    assert_int_equal(got.forwards_n, 1);
    str out;
    assert_err(store_read(k->s, &k->as_anna, inbox, 1, 0, 100, &k->a, &out), ERR_PEER, ERR_NOT_FOUND);
    assert_ok(store_account_add(k->s, &admin, &(store_account){.name = S("anna@example.org")}, &id));
    assert_true(id > k->bert); /* a stale session of the old account never meets the new one */
    kit_reopen(k);             /* the cleaning has been done by then */
    kit_check(k);
}

static void uidvalidity_of_a_namesake_rises(void **state) {
    kit *k = *state;
    store_mailbox before = kit_look(k, &k->as_anna, kit_box(k, &k->as_anna, "Archive"));
    assert_ok(store_account_remove(k->s, &admin, k->anna));
    assert_ok(store_account_add(k->s, &admin, &(store_account){.name = S("anna@example.org")}, &k->anna));
    k->as_anna.account = k->anna;
    store_mailbox after = kit_look(k, &k->as_anna, kit_box(k, &k->as_anna, "INBOX"));
    assert_true(after.uidvalidity > before.uidvalidity);
}

static void addresses(void **state) {
    kit *k = *state;
    int64_t id;
    str forwards[2] = {S("x@example.net"), S("y@example.com")};
    store_address in = {.key = S("sales@example.org"), .account = k->anna, .forwards = forwards, .forwards_n = 2}, got,
                  *list;
    size_t n;
    assert_ok(store_address_add(k->s, &admin, &in, &id));
    assert_err(store_address_add(k->s, &admin, &in, &id), ERR_PEER, ERR_EXISTS);
    assert_ok(store_address_get(k->s, &deliver, in.key, &k->a, &got));
    assert_int_equal(got.account, k->anna);
    assert_str(got.account_name, S("anna@example.org"));
    assert_int_equal(got.forwards_n, 2);
    assert_str(got.forwards[1], S("y@example.com"));
    assert_err(store_address_add(k->s, &admin, &(store_address){.key = S("q@other.example"), .account = k->anna}, &id),
               ERR_PEER, ERR_NOT_FOUND);
    assert_err(store_address_add(k->s, &admin, &(store_address){.key = S("q@example.org"), .account = 999}, &id),
               ERR_PEER, ERR_NOT_FOUND);
    assert_err(store_address_add(k->s, &admin, &(store_address){.key = S("q@example.org")}, &id), ERR_PEER, ERR_SYNTAX);
    in.account = 0;
    in.forwards_n = 1;
    assert_ok(store_address_set(k->s, &admin, &in));
    assert_ok(store_address_get(k->s, &deliver, in.key, &k->a, &got));
    assert_true(got.account == 0 && got.forwards_n == 1);
    assert_str(got.account_name, S(""));
    in.key = S("none@example.org");
    assert_err(store_address_set(k->s, &admin, &in), ERR_PEER, ERR_NOT_FOUND);
    assert_ok(store_address_list(k->s, &admin, S(""), S(""), 10, &k->a, &list, &n));
    assert_int_equal(n, 3);
    assert_str(list[2].key, S("sales@example.org"));
    assert_int_equal(list[2].forwards_n, 1);
    assert_ok(store_address_list(k->s, &admin, S(""), S("bert@example.org"), 10, &k->a, &list, &n));
    assert_int_equal(n, 1);
    assert_err(store_address_remove(k->s, &admin, S("anna@example.org")), ERR_PEER, ERR_CONFLICT);
    assert_err(store_address_set(k->s, &admin, &(store_address){.key = S("anna@example.org"), .account = k->bert}),
               ERR_PEER, ERR_CONFLICT);
    assert_ok(store_address_set(
        k->s, &admin,
        &(store_address){.key = S("anna@example.org"), .account = k->anna, .forwards = forwards, .forwards_n = 1}));
    assert_ok(store_address_remove(k->s, &admin, S("sales@example.org")));
    assert_err(store_address_remove(k->s, &admin, S("sales@example.org")), ERR_PEER, ERR_NOT_FOUND);
}

static store_route route(kit *k, const char *key) {
    store_route r;
    assert_ok(store_route_find(k->s, &deliver, str_c(key), S("+-"), &k->a, &r));
    return r;
}

static void routes(void **state) {
    kit *k = *state;
    int64_t id;
    store_route r = route(k, "anna@example.org");
    assert_true(r.domain_is_ours && r.found && r.address.account == k->anna && r.detail.n == 0 && !r.disabled &&
                !r.over_quota);
    r = route(k, "anna+news+x@example.org");
    assert_true(r.found && r.address.account == k->anna);
    assert_str(r.detail, S("news+x"));
    assert_true(!route(k, "+anna@example.org").found); /* a detail of nobody */
    r = route(k, "who@example.org");
    assert_true(r.domain_is_ours && !r.found);
    r = route(k, "anna@elsewhere.example");
    assert_true(!r.domain_is_ours && !r.found);
    assert_ok(
        store_address_add(k->s, &admin, &(store_address){.key = S("anna+vip@example.org"), .account = k->bert}, &id));
    r = route(k, "anna+vip@example.org");
    assert_int_equal(r.address.account, k->bert);
    assert_str(r.detail, S(""));
    assert_ok(store_address_add(k->s, &admin, &(store_address){.key = S("@example.org"), .account = k->bert}, &id));
    r = route(k, "who+x@example.org");
    assert_true(r.found && r.address.account == k->bert && r.detail.n == 0);
    assert_err(store_route_find(k->s, &deliver, S("no-address"), S("+"), &k->a, &r), ERR_PEER, ERR_SYNTAX);
}

static void routes_know_the_account(void **state) {
    kit *k = *state;
    store_account set = {.disabled = true, .quota_bytes = 10};
    assert_ok(store_account_set(k->s, &admin, k->anna, ACCOUNT_SET_DISABLED, &set));
    assert_true(route(k, "anna@example.org").disabled);
    kit_append(k, &k->as_bert, kit_box(k, &k->as_bert, "INBOX"), kit_message(k, "more than ten bytes"));
    assert_false(route(k, "bert@example.org").over_quota);
    assert_ok(store_account_set(k->s, &admin, k->bert, ACCOUNT_SET_QUOTA, &set));
    assert_true(route(k, "bert@example.org").over_quota);
}

static const struct CMUnitTest tests[] = {
    CASE(domains),
    CASE(accounts),
    CASE(credentials_are_for_login_alone),
    CASE(removing_an_account_takes_everything),
    CASE(uidvalidity_of_a_namesake_rises),
    CASE(addresses),
    CASE(routes),
    CASE(routes_know_the_account),
};

KIT_MAIN(tests)
