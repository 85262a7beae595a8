// SPDX-License-Identifier: MIT
// The process that runs the script for a supervisor.
#include "supervise_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

// What both processes need until each has closed the other's ends.
struct pipes {
    int input[2]; // [0] is read from, [1] written to, as pipe() has them; -1: none
    int outputs[2][2];
    int go[2];
    sigset_t old_mask;
};

static void close_fd(int *fd) {
    if (*fd >= 0) {
        close(*fd); // a pipe or a signalfd: nothing to lose
    }
    *fd = -1;
}

static void close_pipes(struct pipes *pipes) {
    for (int i = 0; i < 2; i++) {
        close_fd(&pipes->input[i]);
        close_fd(&pipes->outputs[0][i]);
        close_fd(&pipes->outputs[1][i]);
        close_fd(&pipes->go[i]);
    }
}

static bool make_pipes(struct pipes *pipes, bool own_input) {
    *pipes = (struct pipes){{-1, -1}, {{-1, -1}, {-1, -1}}, {-1, -1}, {{0}}};
    return (!own_input || pipe2(pipes->input, O_CLOEXEC) == 0) &&
           pipe2(pipes->outputs[0], O_CLOEXEC) == 0 && pipe2(pipes->outputs[1], O_CLOEXEC) == 0 &&
           pipe2(pipes->go, O_CLOEXEC) == 0;
}

// Blocks the signals that the supervisor reads from a descriptor.
static int take_signals(sigset_t *old_mask) {
    sigset_t taken;
    struct sigaction hangup;
    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    sigaddset(&taken, SIGINT);
    sigaddset(&taken, SIGTERM);
    // Under nohup it stays ignored, here and in the script.
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
        sigaddset(&taken, SIGHUP);
    }
    // Inherited as ignored, they would not come: SIGINT with `&`, or SIGCHLD, whose processes could
    // not be waited for.
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGINT, SIG_DFL) == SIG_ERR ||
        signal(SIGTERM, SIG_DFL) == SIG_ERR || sigprocmask(SIG_BLOCK, &taken, old_mask) != 0) {
        return -1;
    }
    return signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

// In the new process. False: it cannot be what it must be.
static bool become_script(struct pipes *pipes, bool own_input, pid_t supervisor) {
    char byte;
    if (own_input && (setpgid(0, 0) != 0 || dup2(pipes->input[0], STDIN_FILENO) < 0)) {
        return false;
    }
    // Blocked until there are handlers: then it is a request to stop, like any other. Who died
    // before the first line has sent nothing.
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != supervisor ||
        dup2(pipes->outputs[0][1], STDOUT_FILENO) < 0 ||
        dup2(pipes->outputs[1][1], STDERR_FILENO) < 0) {
        return false;
    }
    sigset_t mask = pipes->old_mask;
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGHUP);
    if (sigprocmask(SIG_SETMASK, &mask, NULL) != 0) {
        return false;
    }
    close_fd(&pipes->go[1]);
    ssize_t bytes;
    do {
        bytes = read(pipes->go[0], &byte, 1);
    } while (bytes < 0 && errno == EINTR);
    close_pipes(pipes);
    return bytes == 1;
}

mjs_result mjs_supervise_child_fork(struct mjs_supervise_child *child, bool own_input,
                                    struct mjs_error *err) {
    struct pipes pipes;
    *child = (struct mjs_supervise_child){
        .own_input = own_input, .input = -1, .outputs = {-1, -1}, .go = -1, .signal_fd = -1};
    bool ready = make_pipes(&pipes, own_input);
    if (ready) {
        child->signal_fd = take_signals(&pipes.old_mask);
        ready = child->signal_fd >= 0;
    }
    pid_t supervisor = getpid();
    child->pid = ready ? fork() : -1;
    if (child->pid < 0) {
        mjs_result result = mjs_result_fail_errno(err, errno, "cannot start the script's process");
        close_pipes(&pipes);
        mjs_supervise_child_close(child);
        return result;
    }
    if (child->pid == 0) {
        close_fd(&child->signal_fd);
        if (!become_script(&pipes, own_input, supervisor)) {
            _exit(128 + SIGTERM);
        }
        return MJS_OK;
    }
    if (own_input) {
        setpgid(child->pid, child->pid); // the other one does it too: whoever comes first
    }
    child->input = pipes.input[1];
    child->outputs[0] = pipes.outputs[0][0];
    child->outputs[1] = pipes.outputs[1][0];
    child->go = pipes.go[1];
    pipes.input[1] = pipes.outputs[0][0] = pipes.outputs[1][0] = pipes.go[1] = -1;
    close_pipes(&pipes);
    return MJS_OK;
}

void mjs_supervise_child_go(struct mjs_supervise_child *child) {
    int failed = write(child->go, "", 1) == 1 ? 0 : errno;
    (void)failed; // it died already, which is noticed soon
    close_fd(&child->go);
}

void mjs_supervise_child_signal(const struct mjs_supervise_child *child, int signal_number) {
    // Until it was waited for, nobody else can have its number. Like a terminal, a signal is for
    // everything that the script has started, too.
    if (!child->ended && (!child->own_input || kill(-child->pid, signal_number) != 0)) {
        kill(child->pid, signal_number);
    }
}

void mjs_supervise_child_reap(struct mjs_supervise_child *child) {
    int status;
    if (child->ended || waitpid(child->pid, &status, WNOHANG) != child->pid) {
        return;
    }
    child->ended = true;
    child->signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void mjs_supervise_child_close(struct mjs_supervise_child *child) {
    close_fd(&child->input);
    close_fd(&child->outputs[0]);
    close_fd(&child->outputs[1]);
    close_fd(&child->go);
    close_fd(&child->signal_fd);
}
