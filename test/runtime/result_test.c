// SPDX-License-Identifier: MIT
// Results: every code has its name, errno values map, messages fit and are formatted.
#include "../../runtime/result.h"

#include <errno.h>

#include "../support/check.h"

static void test_names(void) {
    CHECK_EQ_STR(mjs_result_name(MJS_OK), "OK");
    CHECK_EQ_STR(mjs_result_name(MJS_ENODEV), "ENODEV");
    CHECK_EQ_STR(mjs_result_name(MJS_EBUSY), "EBUSY");
    CHECK_EQ_STR(mjs_result_name(MJS_EACCES), "EACCES");
    CHECK_EQ_STR(mjs_result_name(MJS_ENOENT), "ENOENT");
    CHECK_EQ_STR(mjs_result_name(MJS_EINVAL), "EINVAL");
    CHECK_EQ_STR(mjs_result_name(MJS_ENOSPC), "ENOSPC");
    CHECK_EQ_STR(mjs_result_name(MJS_EIO), "EIO");
    CHECK_EQ_STR(mjs_result_name(MJS_EFBIG), "EFBIG");
    CHECK_EQ_STR(mjs_result_name(MJS_EUNSUPPORTED), "EUNSUPPORTED");
    CHECK_EQ_STR(mjs_result_name(MJS_ECLOSED), "ECLOSED");
    CHECK_EQ_STR(mjs_result_name(MJS_EFINISHED), "EFINISHED");
    CHECK_EQ_STR(mjs_result_name(MJS_ELOST), "ELOST");
    CHECK_EQ_STR(mjs_result_name(MJS_EOVERRUN), "EOVERRUN");
    CHECK_EQ_STR(mjs_result_name(MJS_ETIMEDOUT), "ETIMEDOUT");
    CHECK_EQ_STR(mjs_result_name(MJS_ENOMEM), "ENOMEM");
    CHECK_EQ_STR(mjs_result_name(MJS_EMFILE), "EMFILE");
    CHECK_EQ_STR(mjs_result_name(MJS_EEXIST), "EEXIST");
    CHECK_EQ_STR(mjs_result_name(MJS_ENOTEMPTY), "ENOTEMPTY");
    CHECK_EQ_STR(mjs_result_name((mjs_result)-MJS_RESULT_COUNT), "EIO");
    CHECK_EQ_STR(mjs_result_name((mjs_result)1), "EIO");
    // A code added to the enum without a name would leave a hole.
    for (int i = 0; i < MJS_RESULT_COUNT; i++)
        CHECK(mjs_result_name((mjs_result)-i) != NULL);
}

static void test_from_errno(void) {
    CHECK_EQ_INT(mjs_result_from_errno(0), MJS_OK);
    CHECK_EQ_INT(mjs_result_from_errno(ENOENT), MJS_ENOENT);
    CHECK_EQ_INT(mjs_result_from_errno(ENOTDIR), MJS_ENOENT);
    CHECK_EQ_INT(mjs_result_from_errno(EROFS), MJS_EACCES);
    CHECK_EQ_INT(mjs_result_from_errno(EPERM), MJS_EACCES);
    CHECK_EQ_INT(mjs_result_from_errno(EDQUOT), MJS_ENOSPC);
    CHECK_EQ_INT(mjs_result_from_errno(EFBIG), MJS_EFBIG);
    CHECK_EQ_INT(mjs_result_from_errno(ENXIO), MJS_ENODEV);
    CHECK_EQ_INT(mjs_result_from_errno(EBUSY), MJS_EBUSY);
    CHECK_EQ_INT(mjs_result_from_errno(EOPNOTSUPP), MJS_EUNSUPPORTED);
    CHECK_EQ_INT(mjs_result_from_errno(ENFILE), MJS_EMFILE);
    CHECK_EQ_INT(mjs_result_from_errno(EEXIST), MJS_EEXIST);
    CHECK_EQ_INT(mjs_result_from_errno(ENOTEMPTY), MJS_ENOTEMPTY);
    CHECK_EQ_INT(mjs_result_from_errno(EIO), MJS_EIO);
    CHECK_EQ_INT(mjs_result_from_errno(99999), MJS_EIO);
}

static void test_fail(void) {
    struct mjs_error err = {MJS_OK, 7, "old"};
    CHECK_EQ_INT(mjs_result_fail(&err, MJS_ENODEV, "no card %d", 3), MJS_ENODEV);
    CHECK_EQ_INT(err.code, MJS_ENODEV);
    CHECK_EQ_INT(err.sys_errno, 0);
    CHECK_EQ_STR(err.message, "no card 3");

    CHECK_EQ_INT(mjs_result_fail_errno(&err, ENOSPC, "cannot write to %s", "/x"), MJS_ENOSPC);
    CHECK_EQ_INT(err.code, MJS_ENOSPC);
    CHECK_EQ_INT(err.sys_errno, ENOSPC);
    CHECK_EQ_STR(err.message, "cannot write to /x: No space left on device");

    // An errno of 0 at a failed call is still a failure; nobody needs to want the message.
    CHECK_EQ_INT(mjs_result_fail_errno(&err, 0, "odd"), MJS_EIO);
    CHECK_EQ_STR(err.message, "odd");
    CHECK_EQ_INT(mjs_result_fail(NULL, MJS_EIO, "unheard"), MJS_EIO);
}

static void test_long_messages_are_cut(void) {
    struct {
        struct mjs_error err;
        char guard[8];
    } box;
    memset(&box, 0x55, sizeof box);
    char longer[2 * MJS_ERROR_MESSAGE_BYTES];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CHECK_EQ_INT(mjs_result_fail_errno(&box.err, EIO, "%s", longer), MJS_EIO);
    CHECK_EQ_UINT(strlen(box.err.message), MJS_ERROR_MESSAGE_BYTES - 1);
    CHECK_BYTES(box.guard, "\x55\x55\x55\x55\x55\x55\x55\x55", 8);
    // Room for a part of the system's text.
    longer[MJS_ERROR_MESSAGE_BYTES - 5] = '\0';
    CHECK_EQ_INT(mjs_result_fail_errno(&box.err, ENOSPC, "%s", longer), MJS_ENOSPC);
    CHECK_EQ_STR(box.err.message + MJS_ERROR_MESSAGE_BYTES - 5, ": No");
    CHECK_BYTES(box.guard, "\x55\x55\x55\x55\x55\x55\x55\x55", 8);
}

int main(void) {
    test_names();
    test_from_errno();
    test_fail();
    test_long_messages_are_cut();
    return check_report();
}
