/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of writing HTML. */
#include "server/page/html.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char storage[256];
static jwkeep_buffer buffer;

static html_writer start(size_t size) {
    jwkeep_buffer_init_fixed(&buffer, storage, size);
    return (html_writer){&buffer, JWKEEP_OK};
}

static void assert_written(const html_writer *html, const char *expected) {
    assert_int_equal(html->code, JWKEEP_OK);
    assert_int_equal(buffer.size, strlen(expected));
    assert_memory_equal(buffer.data, expected, buffer.size);
}

static void text_cannot_become_markup(void **state) {
    (void)state;
    html_writer html = start(sizeof storage);
    html_text(&html, JWKEEP_SPAN("a<b>&\"c'\0d\x7F"));
    assert_written(&html, "a&lt;b&gt;&amp;&quot;c&#39;\xEF\xBF\xBD"
                          "d\xEF\xBF\xBD");
}

static void foreign_text_keeps_its_direction_to_itself(void **state) {
    (void)state;
    html_writer html = start(sizeof storage);
    html_foreign(&html, JWKEEP_SPAN("</bdi>\xE2\x80\xAE"));
    assert_written(&html, "<bdi>&lt;/bdi&gt;\xE2\x80\xAE</bdi>");
}

static void durations_have_two_figures_at_the_most(void **state) {
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {-5, "0 s"},      {0, "0 s"},          {59, "59 s"},           {60, "1 min"},
        {3599, "59 min"}, {3600, "1 h 0 min"}, {86399, "23 h 59 min"}, {90000, "1 d 1 h"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        html_writer html = start(sizeof storage);
        html_duration(&html, cases[i].seconds);
        assert_written(&html, cases[i].text);
    }
}

static void a_moment_is_told_in_both_ways(void **state) {
    (void)state;
    html_writer html = start(sizeof storage);
    html_ago(&html, 1000000000000, 1000000060000);
    assert_written(&html, "<time datetime=\"2001-09-09T01:46:40Z\" "
                          "title=\"2001-09-09T01:46:40Z\">1 min ago</time>");
}

static void tells_when_there_is_no_room(void **state) {
    (void)state;
    html_writer html = start(4);
    html_raw(&html, "12345");
    html_raw(&html, "1");
    assert_int_equal(html.code, JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(buffer.size, 0);
}

static void format_is_bounded(void **state) {
    (void)state;
    html_writer html = start(sizeof storage);
    html_format(&html, "%600d", 1);
    assert_int_equal(html.code, JWKEEP_MISUSE_TOO_SMALL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_cannot_become_markup),
        cmocka_unit_test(foreign_text_keeps_its_direction_to_itself),
        cmocka_unit_test(durations_have_two_figures_at_the_most),
        cmocka_unit_test(a_moment_is_told_in_both_ways),
        cmocka_unit_test(tells_when_there_is_no_room),
        cmocka_unit_test(format_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
