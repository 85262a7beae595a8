// SPDX-License-Identifier: MIT
// The record of what runs, and the log: what is written, what is believed, and who is signalled.
#include "../../runtime/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/runs_log.h"
#include "../support/check.h"

static char root[] = "/tmp/maixjs-runs-XXXXXX";

static pid_t start_sleeper(void) {
    pid_t pid = fork();
    if (pid == 0) {
        for (;;) {
            pause();
        }
    }
    return pid;
}

static int end_sleeper(pid_t pid) {
    int status = 0;
    CHECK(kill(pid, SIGKILL) == 0 || errno == ESRCH);
    CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
    return status;
}

static struct mjs_run run_of(pid_t pid, const char *name) {
    struct mjs_run run = {0};
    CHECK(mjs_runs_identify(pid, &run));
    snprintf(run.name, sizeof(run.name), "%s", name);
    return run;
}

static void write_text(int folder, const char *name, const char *text) {
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK_EQ_INT(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static bool exists(int folder, const char *name) {
    struct stat status;
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_names(void) {
    static const char *const good[] = {
        "a",       "my script.ts", "caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x8e\xa4.ts",
        "\xc2\xa0"};
    static const char *const bad[] = {
        "",     "a\nb", "\x1b[2J",  "a\x7f",    "\xc2\x9b",        "\233[2J",
        "\xc3", "\xff", "\xe2\x82", "\xc0\x80", "\xf5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK(mjs_runs_name_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!mjs_runs_name_valid(bad[i]));
    }
    char name[MJS_RUNS_NAME_BYTES_MAX + 2] = "";
    memset(name, 'x', MJS_RUNS_NAME_BYTES_MAX);
    CHECK(mjs_runs_name_valid(name));
    name[MJS_RUNS_NAME_BYTES_MAX] = 'x';
    CHECK(!mjs_runs_name_valid(name));
    CHECK(mjs_runs_app_valid("hello_2"));
    CHECK(!mjs_runs_app_valid(""));
    CHECK(!mjs_runs_app_valid("Hello"));
    CHECK(!mjs_runs_app_valid("../x"));
    CHECK(!mjs_runs_app_valid("a\n"));
    name[MJS_RUNS_APP_BYTES_MAX + 1] = '\0';
    CHECK(!mjs_runs_app_valid(name));
}

static void test_home(void) {
    struct mjs_buffer path = {0};
    const struct passwd *user = getpwuid(geteuid());
    CHECK(setenv("HOME", "/somewhere", 1) == 0);
    CHECK(mjs_runs_append_home(&path));
    CHECK_EQ_STR(mjs_buffer_text(&path), "/somewhere");
    mjs_buffer_free(&path);
    if (!user || user->pw_dir[0] != '/') {
        CHECK_SKIP("this user has no home folder");
        return;
    }
    static const char *const none[] = {"/", "", "relative"}; // "/": what a board's init gives
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CHECK(setenv("HOME", none[i], 1) == 0);
        CHECK(mjs_runs_append_home(&path));
        CHECK_EQ_STR(mjs_buffer_text(&path), user->pw_dir);
        mjs_buffer_free(&path);
    }
    CHECK(unsetenv("HOME") == 0);
    CHECK(mjs_runs_append_home(&path));
    CHECK_EQ_STR(mjs_buffer_text(&path), user->pw_dir);
    mjs_buffer_free(&path);
}

static void test_folder(void) {
    struct mjs_runs runs;
    struct mjs_error err;
    struct stat status;
    CHECK(mjs_runs_open(&runs, &err) == MJS_OK);
    CHECK(fstat(runs.fd, &status) == 0 && (status.st_mode & 07777) == 0700);
    CHECK(fchmod(runs.fd, 0777) == 0);
    mjs_runs_close(&runs);
    CHECK(mjs_runs_open(&runs, &err) == MJS_OK); // private again
    CHECK(fstat(runs.fd, &status) == 0 && (status.st_mode & 07777) == 0700);
    char folder[256];
    snprintf(folder, sizeof(folder), "%s", runs.folder.data);
    CHECK(rmdir(folder) == 0);
    mjs_runs_close(&runs);
    CHECK(symlink("/tmp", folder) == 0); // what somebody else may have put there
    CHECK(mjs_runs_open(&runs, &err) != MJS_OK);
    CHECK_EQ_INT(runs.fd, -1);
    CHECK(unlink(folder) == 0);
    if (geteuid() == 0) {
        CHECK(mkdir(folder, 0700) == 0 && chown(folder, 12345, 12345) == 0);
        CHECK_EQ_INT(mjs_runs_open(&runs, &err), MJS_EACCES);
        CHECK(rmdir(folder) == 0);
    } else {
        CHECK_SKIP("only root can make a folder that is somebody else's");
    }
}

static void test_records(void) {
    struct mjs_runs runs;
    struct mjs_run list[4];
    CHECK(mjs_runs_open(&runs, NULL) == MJS_OK);
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0);
    pid_t first = start_sleeper();
    pid_t second = start_sleeper();
    struct mjs_run run = run_of(first, "first.ts");
    CHECK(mjs_runs_alive(&run));
    CHECK(mjs_runs_record(&runs, &run, NULL) == MJS_OK);
    CHECK(mjs_runs_record(&runs, &run, NULL) == MJS_OK); // again: still one
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 1);
    CHECK_EQ_INT(list[0].pid, first);
    CHECK_EQ_STR(list[0].name, "first.ts");
    CHECK_EQ_UINT(list[0].start_ticks, run.start_ticks);
    run = run_of(second, "second.ts");
    CHECK(mjs_runs_record(&runs, &run, NULL) == MJS_OK);
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 2);
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 1), 1);
    mjs_runs_forget(&runs, second);
    mjs_runs_forget(&runs, second);
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 1);
    // Ended, but nobody has waited for it: it does not run.
    CHECK(kill(first, SIGKILL) == 0);
    siginfo_t info;
    CHECK(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT) == 0);
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0);
    CHECK(WIFSIGNALED(end_sleeper(first)));
    end_sleeper(second);
    mjs_runs_close(&runs);
}

// Files that are no record of a process that runs: they go away, and nothing is signalled.
static void test_stale(void) {
    struct mjs_runs runs;
    struct mjs_run list[4];
    CHECK(mjs_runs_open(&runs, NULL) == MJS_OK);
    pid_t pid = start_sleeper();
    struct mjs_run run = run_of(pid, "x");
    char name[32], text[256];
    snprintf(name, sizeof(name), "run-%d", (int)pid);
    static const char magic[] = "maixjs-run 1\n";
    static const struct {
        const char *before_ticks, *before_boot, *rest;
    } stale[] = {
        {"maixjs-run 2\n", " ", "\nx\n"}, // another version
        {"", " ", "\nx\n"},
        {"maixjs-run 1\n1", " ", "\nx\n"}, // another moment
        {magic, " other-", "\nx\n"},       // before the system was started anew
        {magic, "", "\nx\n"},
        {magic, " ", "\n\n"},
        {magic, " ", "\nx"},
        {magic, " ", "\na\033[2Jb\n"},
        {magic, " 01234567890123456789012345678901234567890123456789", "\nx\n"},
    };
    write_text(runs.fd, name, "");
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0);
    CHECK(!exists(runs.fd, name));
    for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++) {
        snprintf(text, sizeof(text), "%s%llu%s%s%s", stale[i].before_ticks,
                 (unsigned long long)run.start_ticks, stale[i].before_boot, run.boot,
                 stale[i].rest);
        write_text(runs.fd, name, text);
        CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0);
        CHECK(!exists(runs.fd, name));
    }
    snprintf(text, sizeof(text), "%s%llu %s\nx\n", magic, (unsigned long long)run.start_ticks,
             run.boot);
    write_text(runs.fd, name, text); // and this is one
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 1);
    write_text(runs.fd, "elsewhere", text);
    CHECK(unlinkat(runs.fd, name, 0) == 0 && symlinkat("elsewhere", runs.fd, name) == 0);
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0); // a link is not followed
    CHECK(!exists(runs.fd, name) && exists(runs.fd, "elsewhere"));
    CHECK(unlinkat(runs.fd, "elsewhere", 0) == 0);
    // What a writer that was killed has left; but not what one writes right now.
    snprintf(name, sizeof(name), "new-%d", (int)pid);
    write_text(runs.fd, name, "x");
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0);
    CHECK(exists(runs.fd, name));
    end_sleeper(pid);
    CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0);
    CHECK(!exists(runs.fd, name));
    static const char *const foreign[] = {"run-", "run-0", "run-1x", "run-99999999999", "other"};
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        write_text(runs.fd, foreign[i], "x");
        CHECK_EQ_INT(mjs_runs_list(&runs, list, 4), 0);
        CHECK(exists(runs.fd, foreign[i]));
        CHECK(unlinkat(runs.fd, foreign[i], 0) == 0);
    }
    mjs_runs_close(&runs);
}

static void test_signal(void) {
    pid_t pid = start_sleeper();
    struct mjs_run run = run_of(pid, "x");
    struct mjs_run other = run;
    other.start_ticks++;
    CHECK(!mjs_runs_signal(&other, SIGKILL));
    CHECK_EQ_INT(errno, ESRCH);
    other = run;
    other.boot[0] ^= 1;
    CHECK(!mjs_runs_signal(&other, SIGKILL));
    CHECK(mjs_runs_alive(&run));
    CHECK(mjs_runs_signal(&run, SIGTERM));
    int status;
    CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK(!mjs_runs_signal(&run, SIGKILL));
    CHECK_EQ_INT(errno, ESRCH);
    CHECK(!mjs_runs_alive(&run));
}

#define LINE_BYTES 64
// What a log of `lines` lines keeps, through a file; returns the number of the first one.
static int kept(const struct mjs_runs *runs, int lines) {
    bool missed;
    char path[] = "/tmp/maixjs-runs-copy-XXXXXX";
    int out = mkstemp(path);
    CHECK(out >= 0 && unlink(path) == 0);
    CHECK(mjs_runs_log_copy(runs, out, false, &missed, NULL) == MJS_OK);
    CHECK(!missed);
    off_t bytes = lseek(out, 0, SEEK_END);
    CHECK(bytes % LINE_BYTES == 0 && bytes <= MJS_RUNS_LOG_BYTES_MAX);
    int count = (int)(bytes / LINE_BYTES);
    for (int i = 0; i < count; i++) {
        char line[LINE_BYTES + 1] = "", wanted[LINE_BYTES + 1];
        CHECK_EQ_INT(pread(out, line, LINE_BYTES, (off_t)i * LINE_BYTES), LINE_BYTES);
        snprintf(wanted, sizeof(wanted), "%063d\n", lines - count + i);
        CHECK_BYTES(line, wanted, LINE_BYTES);
    }
    close(out);
    return lines - count;
}

static void write_lines(struct mjs_runs_log *log, int first, int end) {
    char line[LINE_BYTES + 1];
    for (int i = first; i < end; i++) {
        snprintf(line, sizeof(line), "%063d\n", i);
        CHECK(mjs_runs_log_write(log, line, LINE_BYTES, NULL) == MJS_OK);
    }
}

static void test_log(void) {
    struct mjs_runs runs;
    struct mjs_runs_log log, other;
    struct mjs_error err;
    bool missed;
    const int half = MJS_RUNS_LOG_BYTES_MAX / 2 / LINE_BYTES;
    CHECK(mjs_runs_open(&runs, NULL) == MJS_OK);
    CHECK_EQ_INT(mjs_runs_log_copy(&runs, STDOUT_FILENO, false, &missed, &err), MJS_ENOENT);
    write_text(runs.fd, "victim", "untouched");
    CHECK(symlinkat("victim", runs.fd, "last.log") == 0);
    CHECK(mjs_runs_log_copy(&runs, STDOUT_FILENO, false, &missed, &err) != MJS_OK);
    CHECK(mjs_runs_log_open(&log, &runs, NULL) == MJS_OK); // takes the link's place
    write_lines(&log, 0, half);
    CHECK_EQ_INT(kept(&runs, half), 0);
    CHECK(!exists(runs.fd, "last.log.1"));
    write_lines(&log, half, half + 1);
    CHECK(exists(runs.fd, "last.log.1"));
    CHECK_EQ_INT(kept(&runs, half + 1), 0);
    write_lines(&log, half + 1, 2 * half);
    CHECK_EQ_INT(kept(&runs, 2 * half), 0); // all of 1 MiB
    write_lines(&log, 2 * half, 2 * half + 1);
    CHECK_EQ_INT(kept(&runs, 2 * half + 1), half);
    static char large[3 * MJS_RUNS_LOG_BYTES_MAX]; // in one piece
    for (int i = 0; i < 6 * half; i++) {
        char line[LINE_BYTES + 1];
        snprintf(line, sizeof(line), "%063d\n", 2 * half + 1 + i);
        memcpy(large + (size_t)i * LINE_BYTES, line, LINE_BYTES);
    }
    CHECK(mjs_runs_log_write(&log, large, sizeof(large), NULL) == MJS_OK);
    CHECK_EQ_INT(kept(&runs, 8 * half + 1), 7 * half);

    // Another run's log: this one's goes no further.
    CHECK(mjs_runs_log_open(&other, &runs, NULL) == MJS_OK);
    CHECK(!exists(runs.fd, "last.log.1"));
    write_lines(&other, 0, 2);
    write_lines(&log, 0, 9);
    CHECK_EQ_INT(log.fd, -1);
    CHECK_EQ_INT(kept(&runs, 2), 0);
    mjs_runs_log_close(&other);
    mjs_runs_log_close(&other);
    CHECK(mjs_runs_log_write(&other, "x", 1, NULL) == MJS_OK); // nothing is logged any more
    CHECK_EQ_INT(kept(&runs, 2), 0);
    char text[16] = "";
    int fd = openat(runs.fd, "victim", O_RDONLY | O_CLOEXEC);
    CHECK_EQ_INT(read(fd, text, sizeof(text) - 1), 9);
    CHECK_EQ_STR(text, "untouched");
    close(fd);
    mjs_runs_close(&runs);
}

static void remove_all(void) {
    struct mjs_runs runs;
    CHECK(mjs_runs_open(&runs, NULL) == MJS_OK);
    CHECK(unlinkat(runs.fd, "victim", 0) == 0 && unlinkat(runs.fd, "last.log", 0) == 0);
    CHECK(rmdir(runs.folder.data) == 0); // there is nothing else
    mjs_runs_close(&runs);
    CHECK(rmdir(root) == 0);
}

int main(void) {
    CHECK(mkdtemp(root) != NULL);
    test_names();
    test_home();
    CHECK(setenv("HOME", "/", 1) == 0 && setenv("XDG_STATE_HOME", root, 1) == 0);
    test_folder();
    test_records();
    test_stale();
    test_signal();
    test_log();
    remove_all();
    return check_report();
}
