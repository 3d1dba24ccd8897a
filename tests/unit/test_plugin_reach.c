/* SPDX-License-Identifier: Apache-2.0
 *
 * test_plugin_reach.c: what the plugins rdp and smb cannot read, or leave out, is said; their
 * answers on whole disks are in test_plugin_licence.c.
 */
#include "fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

extern const es_plugin esuscan_plugin_rdp, esuscan_plugin_smb;

#define SYSTEM "SYSTEM"
#define SERVER "CurrentControlSet\\Services\\LanmanServer"
#define PARAMETERS SERVER "\\Parameters"
#define SHARES SERVER "\\Shares"
#define FIREWALL "CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy"
#define RULES FIREWALL "\\FirewallRules"
#define SMB_RULE "v2.0|Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=445|"

static fake_host *fake;

static int begin(void **state)
{
    (void)state;
    fake = fake_host_new();
    fake_plugin(fake, &esuscan_plugin_smb);
    fake_number(fake, SYSTEM, SERVER, "Start", 2);
    fake_number(fake, SYSTEM, PARAMETERS, "SMB1", 0);
    fake_text(fake, SYSTEM, SHARES, "Scans", "CSCFlags=0");
    fake_text(fake, SYSTEM, RULES, "SMB-In", SMB_RULE);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_host_free(fake);
    return 0;
}

static uint64_t n_of(const char *list)
{
    return fake_field(fake_fact(fake, "smb.config", 0), list)->n;
}

static void all_is_there(void **state)
{
    (void)state;
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_notes(fake), 0);
    assert_int_equal(fake_n_facts(fake, "smb.config"), 1);
    assert_int_equal(fake_field(fake_fact(fake, "smb.config", 0), "smb1")->integer, 0);
    assert_int_equal(n_of("shares"), 1);
    assert_int_equal(n_of("firewall_rules"), 1);
}

/* Nor is one of another type one that is not stated, which would mean served. */
static void a_setting_of_another_type(void **state)
{
    (void)state;
    fake_text(fake, SYSTEM, PARAMETERS, "SMB2", "off");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_notes(fake), 1);
    assert_int_equal(fake_field(fake_fact(fake, "smb.config", 0), "smb2")->type, 0);
}

/* A value that cannot be read is null, and that it stands there is said. */
static void an_unreadable_setting(void **state)
{
    (void)state;
    fake_number(fake, SYSTEM, PARAMETERS, "SMB2", 0);
    fake_corrupt(fake);
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_notes(fake), 1);
    assert_int_equal(fake_field(fake_fact(fake, "smb.config", 0), "smb2")->type, 0);
}

static void an_unreadable_rule_and_share(void **state)
{
    (void)state;
    fake_text(fake, SYSTEM, RULES, "lost", SMB_RULE);
    fake_corrupt(fake);
    fake_text(fake, SYSTEM, SHARES, "lost", "CSCFlags=0");
    fake_corrupt(fake);
    fake_text(fake, SYSTEM, SHARES, "Behind", "CSCFlags=0");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_notes(fake), 2);
    assert_int_equal(n_of("firewall_rules"), 1);
    assert_int_equal(n_of("shares"), 2);
}

static void more_shares_than_are_listed(void **state)
{
    (void)state;
    for (int i = 1; i < 64; i++) {
        char name[16];

        snprintf(name, sizeof name, "share%d", i);
        fake_text(fake, SYSTEM, SHARES, name, "CSCFlags=0");
    }
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_notes(fake), 0);
    assert_int_equal(n_of("shares"), 64);
    fake_text(fake, SYSTEM, SHARES, "one more", "CSCFlags=0");
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_notes(fake), 1);
    assert_int_equal(fake_field(fake_fact(fake, "smb.config", 1), "shares")->n, 64);
}

/* The other plugin reads by the same rules. */
static void an_unreadable_port(void **state)
{
    (void)state;
    fake_plugin(fake, &esuscan_plugin_rdp);
    fake_number(fake, SYSTEM, "CurrentControlSet\\Control\\Terminal Server", "fDenyTSConnections",
                0);
    fake_number(fake, SYSTEM,
                "CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp", "PortNumber",
                3390);
    fake_corrupt(fake);
    assert_int_equal(fake_run(fake), ES_OK);
    assert_int_equal(fake_n_notes(fake), 1);
    assert_int_equal(fake_field(fake_fact(fake, "rdp.config", 0), "port")->type, 0);
    assert_int_equal(fake_field(fake_fact(fake, "rdp.config", 0), "connections_allowed")->integer,
                     1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(all_is_there), TEST(an_unreadable_setting), TEST(a_setting_of_another_type),
        TEST(an_unreadable_rule_and_share),
        TEST(more_shares_than_are_listed), TEST(an_unreadable_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
