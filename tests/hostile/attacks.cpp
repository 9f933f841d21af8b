#include "hostile/attacks.hpp"

#include "hostile/client_attacks.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view anything;

}  // namespace

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> all = {
      // Processes.
      {"fork bomb", R"(b() { b | b & }; b 2>/dev/null; sleep 2; echo over)", "over", 6s, nullptr, "CUD", true},
      {"fork bomb that exits", R"(perl -e 'while (1) { fork() }')", anything, 3s},
      {"all process numbers held",
       R"(perl -e 'for (1..200) { my $p = fork(); last unless defined $p; if (!$p) { sleep 1000; exit } push @p, $p } print "held ", scalar(@p), "\n"; kill 9, @p')",
       "held [456][0-9]\\D"},
      {"daemons and orphans",
       R"(for i in 1 2 3 4 5; do setsid sleep 1000 & nohup sleep 1000 >/dev/null 2>&1 & done; (sleep 1000 &); echo over)",
       "over"},
      {"zombies",
       R"(perl -e 'for (1..200) { my $p = fork(); last unless defined $p; exit unless $p } print "made\n"; sleep 1')",
       "made"},
      {"exit, exec false, kill of the own shell", R"(exec false)", anything, 2s, nullptr, "CUD", true},
      {"shells that die in a loop", R"(exec perl -e 'sleep 0; kill 9, $$')", anything, 2s},
      {"signals to everyone", R"(kill -9 -1; kill -STOP -1; kill -TERM 1; kill -STOP 1; kill -9 1; echo over)", "over"},
      {"own shell stopped", R"(kill -STOP $$)", anything, 2s},
      // Memory.
      {"memory of one process", R"(perl -e '$x = "a" x (400 << 20); print "all\n"' 2>&1; echo over)",
       "^(?![^]*all\\s)[^]*over", 10s, nullptr, "CUD", true},
      {"memory of many processes",
       R"(for i in 1 2 3 4 5 6 7 8; do perl -e '$x = "a" x (60 << 20); sleep 3; print "kept\n"' & done 2>/dev/null; wait; echo over)",
       "over", 15s},
      {"memory in sockets",
       R"(perl -e 'use Socket; for (1..120) { socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or last; push @k, $a, $b; for my $s ($a, $b) { setsockopt($s, SOL_SOCKET, SO_SNDBUF, 1 << 24); $s->blocking(0) if $s->can("blocking"); fcntl($s, 4, 04000); my $r; $t += $r while ($r = syswrite($s, "x" x 65536)) } } printf "held %d MiB\n", $t >> 20; sleep 1')",
       "held", 15s},
      {"score of the memory killer",
       R"(echo 0 > /proc/$$/oom_score_adj; echo -500 > /proc/self/oom_score_adj; cat /proc/$$/oom_score_adj)", "1000"},
      {"sockets of a kind that hides memory",
       R"(perl -e 'print syscall(278, 1, 0, 0, 0) < 0 ? "refused: $!\n" : "allowed\n"')", "refused"},
      // Disk.
      {"disk full", R"(head -c 100M /dev/zero > big; stat -c %s big; rm -f big)", "1048[0-9]{4}\\s", 10s},
      {"inodes", R"((for i in {1..9000}; do : > f$i; done) 2>/dev/null; ls | wc -l; rm -rf f*)", "\\b409[0-9]\\b", 20s},
      {"temporary folders full",
       R"(head -c 100M /dev/zero > /tmp/x; head -c 100M /dev/zero > /dev/shm/x; stat -c %s /tmp/x /dev/shm/x; rm -f /tmp/x /dev/shm/x)",
       "[0-9]+\\s+[0-9]+", 10s},
      {"writes elsewhere",
       R"(for f in /x /etc/x /usr/x /home/x /run/x /dev/x /proc/x /sys/x /var/tmp/x /proc/sys/kernel/hostname; do (echo x > $f) 2>/dev/null && echo "wrote $f"; done; echo over)",
       "^(?![^]*wrote)[^]*over"},
      {"sparse files", R"(truncate -s 7E sparse; ls -s sparse; rm -f sparse; echo over)", "over"},
      // Kernel objects.
      {"open files", R"(perl -e 'while (open(my $f, "<", "/dev/null")) { push @f, $f } print scalar(@f), " $!\n"')",
       "[0-9]+ Too many open files"},
      {"inotify instances", R"(perl -e '$n++ while syscall(294, 0) >= 0 && $n < 1000; printf "got %d\n", $n')",
       "got ([0-9]|[1-9][0-9])\\s"},
      {"pseudo-terminals",
       R"(perl -e 'while (open(my $f, "+<", "/dev/ptmx")) { push @f, $f; last if @f > 200 } print "got ", scalar(@f), "\n"; sleep 1')",
       "got ([0-9]|1[0-9])\\s"},
      {"pipes",
       R"(perl -e 'for (1..120) { pipe(my $r, my $w) or last; fcntl($w, 1031, 1 << 20); push @k, $r, $w } print "held\n"; sleep 1')",
       "held"},
      {"timers and locks",
       R"(perl -e 'for (1..300) { my $t = pack("i", 0); last if syscall(222, 0, 0, $t) < 0; $n++ } print "timers ", $n+0, "\n"')",
       "timers"},
      // Privileges and namespaces.
      {"namespaces and mounts",
       R"(unshare -Ur true; unshare -m true; mount -t tmpfs x /tmp; umount /proc; perl -e 'print chroot("/tmp") ? "root\n" : "refused\n"')",
       "^(?![^]*root\\s)[^]*refused"},
      {"dangerous system calls",
       R"(perl -e 'for (101, 310, 321, 425, 250, 298, 323, 169, 175, 246, 155, 165, 308) { print "allowed $_\n" if syscall($_, 1, 1, 0, 0, 0, 0) >= 0 } print "over\n"')",
       "^(?![^]*allowed)[^]*over", 3s, nullptr, "CUD", true},
      {"set-user-id programs",
       R"(cp /bin/bash b; chmod 4755 b; ./b -p -c 'id -u'; su -c id </dev/null; rm -f b; echo over)", "1000[^]*over"},
      {"priorities and limits", R"(renice -n -5 $$; chrt -f 1 true; ulimit -n 100000; echo over)", "over"},
      {"other processes",
       R"(ls -d /proc/[0-9]* | wc -l; cat /proc/1/environ /proc/1/maps; ls /proc/1/fd /proc/1/root; echo over)",
       "(denied|cannot)[^]*over"},
      {"program of process 1", R"((echo x > /proc/1/exe) 2>&1; echo over)", "(denied|busy|Read-only)[^]*over"},
      {"kernel files",
       R"(ls /sys; cat /proc/kcore 2>&1 | head -c 10; echo h > /proc/sysrq-trigger; ls /dev/mem /dev/kmsg /dev/loop0; echo over)",
       "over"},
      {"control groups", R"(mkdir /sys/fs/cgroup/x; mount -t cgroup x /tmp; echo over)", "over"},
      {"clock, host name, modules", R"(date -s 2001-01-01; hostname other; cat /proc/sys/kernel/hostname)", "tellina"},
      {"networks", R"((: > /dev/tcp/127.0.0.1/10411) 2>&1; (: > /dev/tcp/1.1.1.1/80) 2>&1; echo over)",
       "(unreachable|refused)[^]*over"},
      {"socket families",
       R"(perl -e 'for (16, 17, 38, 40, 31) { print "allowed $_\n" if socket(S, $_, 2, 0) } print "over\n"')",
       "^(?![^]*allowed)[^]*over"},
      {"input for another terminal",
       R"(perl -e 'my $c = "x"; print ioctl(STDIN, 0x5412, $c) ? "allowed\n" : "refused\n"; print syscall(16, 0, 0x100005412, $c) < 0 ? "refused\n" : "allowed\n"')",
       "^(?![^]*allowed)[^]*refused[^]*refused"},
      {"line disciplines",
       R"(perl -e 'my $l = pack("i", 2); print ioctl(STDIN, 0x5423, $l) ? "allowed\n" : "refused\n"')", "refused"},
      {"processor hogs",
       R"(for i in 1 2 3 4 5 6 7 8 9 10; do setsid bash -c 'while :; do :; done' & done; sleep 3; kill $(jobs -p); echo over)",
       "over", 8s},
      {"system call hogs",
       R"(for i in {1..20}; do perl -e 'while (1) { getppid() }' & done; sleep 3; kill $(jobs -p); echo over)", "over",
       8s},
      // The home, which checks read.
      {"links out of the home",
       R"(ln -s / root; ln -s /etc/shadow s; ln -s ../../.. up; ln -s loop loop; ln /etc/passwd p; echo over)", "over"},
      {"pipes, sockets and devices in the home",
       R"(mkfifo fifo; perl -e 'use Socket; socket(S, 1, 1, 0); bind(S, sockaddr_un("sock"))'; mknod dev c 1 3; echo over)",
       "over"},
      {"deep folders", R"(perl -e 'for (1..10000) { mkdir("d") && chdir("d") or last; $n++ } print "$n\n"')",
       "[0-9]{4}", 10s},
      {"wild names", R"(touch $'a\nb' $'c\xff' $'d\e[31m' -- -rf $(printf 'e%.0s' {1..255}); echo over)", "over"},
      {"files without rights", R"(mkdir locked; touch locked/x; chmod 000 locked; echo over)", "over"},
      {"changes during checks",
       R"(perl -e '$e = time + 3; while (time < $e) { mkdir "a"; rename "a", "b"; symlink "/", "a"; unlink "a"; rmdir "b" } print "over\n"')",
       "over", 8s},
      // The terminal.
      {"flood, read", R"(timeout 3 yes)", "y", 6s},
      {"line of 40 MB", R"(head -c 40M /dev/zero | tr '\0' x)", "x", 30s},
      {"binary output", R"(head -c 1M /dev/urandom; reset; echo over)", "over", 15s},
      {"terminal in raw mode", R"(stty raw -echo; sleep 1; stty sane; echo over)", "over", 5s},
      {"unfinished escape sequences", R"(printf '\e]52;c;'; printf '\eP'; printf '\e[' ; echo over)", "over"},
      // The record.
      {"forged marks",
       R"(perl -e '$| = 1; $n = $ENV{TELLINA_NONCE} // "x"; $e = time + 3; while (time < $e) { print "\e]133;C;nonce=$n;cmd=id;cwd=/\a\e]133;D;0;nonce=$n\a" } print "over\n"')",
       "over", 20s},
      {"checks in a loop",
       R"(for i in {1..300}; do :; done; for i in {1..2000}; do touch f$i; done; timeout 3 bash -ic 'while :; do echo x; done'; echo over)",
       anything, 15s},
      // What a client can do.
      {"visits: connect, hello, hang up", "", anything, 5s, &visit_again_and_again, "CUD", true},
      {"two pages that take the terminal from each other", "", anything, 5s, &fight_over_terminal},
      {"typing at full speed", "", anything, 5s, &type_at_full_speed},
      {"window sizes at full speed", "", anything, 5s, &resize_at_full_speed, "CUD", true},
      {"hello at full speed", "", anything, 5s, &greet_at_full_speed},
      {"pings at full speed", "", anything, 5s, &ping_at_full_speed},
      {"resets at full speed", "", anything, 5s, &reset_at_full_speed},
      {"logins at full speed", "", anything, 5s, &log_in_at_full_speed},
      {"wrong access codes at the same time", "", anything, 5s, &guess_codes},
      {"observations at full speed", "", anything, 5s, &observe_at_full_speed},
      {"frames that are wrong", "", anything, 5s, &send_nonsense},
      {"requests that are never finished", "", anything, 5s, &leave_requests_unfinished},
      {"WebSockets of one participant", "", anything, 5s, &open_many_web_sockets},
      {"a socket that is never read", "", anything, 5s, &never_read},
  };
  return all;
}

}  // namespace tellina::hostile
