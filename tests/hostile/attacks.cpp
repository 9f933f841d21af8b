#include "hostile/attacks.hpp"

#include "hostile/client_attacks.hpp"

namespace tellina::hostile {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view over = "over";
constexpr std::string_view small_pipes_of_server = "the server has small pipes only";

}  // namespace

std::string_view title_of(Topic topic) {
  switch (topic) {
    case Topic::processes:
      return "Processes";
    case Topic::memory:
      return "Memory";
    case Topic::disk:
      return "Disk";
    case Topic::kernel_objects:
      return "Kernel objects";
    case Topic::privileges:
      return "Privileges and namespaces";
    case Topic::machine:
      return "The machine and the server's files";
    case Topic::networks:
      return "Networks";
    case Topic::processor:
      return "Processor time";
    case Topic::home:
      return "The home, which checks read";
    case Topic::terminal:
      return "The terminal";
    case Topic::record:
      return "The record";
    case Topic::passing:
      return "Passing without doing";
    case Topic::sessions:
      return "A participant's client";
    case Topic::clients:
      return "Clients without an access code";
    case Topic::local_users:
      return "Other users of the machine";
  }
  return {};
}

bool spends_a_budget(const Attack& attack) {
  return attack.client != nullptr || attack.topic == Topic::terminal || attack.topic == Topic::record ||
         attack.name.starts_with("checks");
}

const std::vector<Attack>& attacks() {
  static const std::vector<Attack>
      all =
          {
              {.name = "fork bomb",
               .topic = Topic::processes,
               .script = R"(b() { b | b & }; b 2>/dev/null; sleep 2; echo over)",
               .lasts = 6s,
               .is_short = true},
              {.name = "fork bomb of a program",
               .topic = Topic::processes,
               .script = R"(perl -e 'while (1) { fork() }')",
               .lasts = 3s},
              {.name = "fork bomb, then exit",
               .topic = Topic::processes,
               .script = R"(perl -e 'while (1) { fork() }' & sleep 1; exit)",
               .lasts = 3s},
              {.name = "all process numbers held",
               .topic = Topic::processes,
               .script =
                   R"(perl -e 'for (1..200) { my $p = fork(); last unless defined $p; if (!$p) { sleep 1000; exit } push @p, $p } print "held ", scalar(@p), "\n"; sleep 1; kill 9, @p')",
               .ran = "held [456][0-9]\\D"},
              {.name = "daemons and orphans",
               .topic = Topic::processes,
               .script =
                   R"(for i in {1..5}; do setsid sleep 1000 & nohup sleep 1000 >/dev/null 2>&1 & done; (sleep 1000 &); echo over)",
               .ran = over},
              {.name = "zombies",
               .topic = Topic::processes,
               .script =
                   R"(perl -e 'for (1..200) { my $p = fork(); last unless defined $p; exit unless $p } print "made\n"; sleep 1')",
               .ran = "made"},
              {.name = "own shell replaced by what ends",
               .topic = Topic::processes,
               .script = R"(exec false)",
               .lasts = 2s},
              {.name = "own shell killed",
               .topic = Topic::processes,
               .script = R"(kill -9 $$)",
               .lasts = 2s,
               .is_short = true},
              {.name = "a shell that ends at each start",
               .topic = Topic::processes,
               .script = R"(echo 'kill -9 $$' > .bashrc; kill -9 $$)",
               .lasts = 5s},
              {.name = "signals to everyone",
               .topic = Topic::processes,
               .script =
                   R"(kill -9 -1; kill -STOP -1; kill -TERM 1; kill -STOP 1; kill -9 1; for i in {1..64}; do kill -$i 1; done; echo over)",
               .ran = over},
              {.name = "own shell stopped", .topic = Topic::processes, .script = R"(kill -STOP $$)", .lasts = 2s},

              {.name = "memory of one process",
               .topic = Topic::memory,
               .script = R"(perl -e '$x = "a" x (400 << 20); sleep 1; print "all\n"' 2>&1; echo over)",
               .ran = over,
               .lasts = 10s,
               .is_short = true},
              {.name = "memory of many processes",
               .topic = Topic::memory,
               .script =
                   R"(for i in {1..12}; do perl -e '$x = "a" x (200 << 20); sleep 2; print "kept\n"' & done 2>/dev/null; wait; echo over)",
               .lasts = 15s},
              {.name = "memory in sockets",
               .topic = Topic::memory,
               .script =
                   R"(for i in 1 2 3 4; do perl -e 'use Socket; use Fcntl; $b = "x" x 200000; for (1..120) { my ($r, $w); socketpair($r, $w, 1, 5, 0) or last; push @s, $r, $w; setsockopt($_, SOL_SOCKET, SO_SNDBUF, 1 << 24) for $r, $w; for ($r, $w) { fcntl($_, F_SETFL, O_NONBLOCK); 1 while defined syswrite($_, $b) } } print "filled\n"; sleep 2' & done; wait; echo over)",
               .lasts = 20s},
              {.name = "shared memory that is not mapped any more",
               .topic = Topic::memory,
               .script =
                   R"(for i in 1 2 3 4; do perl -e 'open F, "<", "/dev/zero"; for (1..3) { $p = syscall(9, 0, 100 << 20, 3, 0x21, -1, 0); $p == -1 and exit; syscall(0, fileno(F), $p, 100 << 20); syscall(28, $p, 100 << 20, 4) } sleep 2' & done; wait; echo over)",
               .lasts = 20s},
              {.name = "pages held in pipes (vmsplice)",
               .topic = Topic::memory,
               .script =
                   R"(perl -e 'for (1..100) { pipe R, W; $x = "a"; $v = pack("p Q", $x, 1); $n++ if syscall(278, fileno(W), $v, 1, 0) >= 0 } sleep 1; print "over\n"')",
               .ran = over},
              {.name = "mappings and page tables",
               .topic = Topic::memory,
               .script =
                   R"(for i in 1 2 3; do perl -e 'open F, "<", "/dev/zero"; for $i (1..12000) { $p = syscall(9, ($i + 1000) << 30, 4096, 3, 0x100022, -1, 0); $p == -1 and last; syscall(0, fileno(F), $p, 1) } sleep 2' & done; wait; echo over)",
               .lasts = 15s},
              {.name = "memory without a name (memfd, System V)",
               .topic = Topic::memory,
               .script =
                   R"(perl -e '$a = "x"; $f = syscall(319, $a, 0); syscall(29, 0, 100 << 20, 01600); syscall(447, 0); sleep 1; print "over\n"')",
               .ran = over,
               .unconfined = "a process with an open /memfd:"},
              {.name = "last to be killed when memory runs out",
               .topic = Topic::memory,
               .script =
                   R"(for f in /proc/$$/oom_score_adj /proc/self/oom_score_adj /proc/$$/oom_adj; do echo 0 > $f; echo -500 > $f; done 2>/dev/null; sleep 1; echo over)",
               .ran = over,
               .unconfined = "a process that is not killed first when memory runs out"},

              {.name = "disk full",
               .topic = Topic::disk,
               .script = R"(head -c 100M /dev/zero > big; stat -c %s big; sleep 1; rm -f big)",
               .ran = "1048[0-9]{4}\\s",
               .lasts = 10s,
               .is_short = true},
              {.name = "files without number",
               .topic = Topic::disk,
               .script = R"((for i in {1..9000}; do : > f$i; done) 2>/dev/null; ls | wc -l; sleep 1; rm -rf f*)",
               .ran = "\\b409[0-9]\\b",
               .lasts = 20s},
              {.name = "hard links and attributes",
               .topic = Topic::disk,
               .script =
                   R"(: > l; perl -e 'for (1..9000) { link("l", "l$_") or last } $v = "x" x 60000; for (1..5000) { open F, ">", "a$_" or last; ($p, $n) = ("a$_", "user.a"); syscall(188, $p, $n, $v, length $v, 0) } print "over\n"'; sleep 1)",
               .ran = over,
               .lasts = 15s},
              {.name = "temporary folders full",
               .topic = Topic::disk,
               .script =
                   R"(head -c 100M /dev/zero > /tmp/x; head -c 100M /dev/zero > /dev/shm/x; stat -c %s /tmp/x /dev/shm/x; sleep 1; rm -f /tmp/x /dev/shm/x)",
               .ran = "[0-9]+\\s+[0-9]+",
               .lasts = 10s,
               .unconfined = "a /tmp without its limits"},
              {.name = "files elsewhere",
               .topic = Topic::disk,
               .script =
                   R"(for d in / /etc /usr /usr/bin /home /run /run/tellina /usr/lib/tellina /dev /dev/mqueue /proc /sys /root /opt /srv /var/log /var/tmp; do (echo x > $d/tellina-attack); ln -s x $d/tellina-attack; done 2>/dev/null; sleep 1; echo over; rm -f /var/tmp/tellina-attack)",
               .ran = over,
               .is_short = true,
               .unconfined = "a file was made in /var/tmp"},
              {.name = "sparse files of 8 EiB",
               .topic = Topic::disk,
               .script = R"(truncate -s 7E sparse; truncate -s 8388607T more; ls -s sparse; echo over)",
               .ran = over},

              {.name = "open files",
               .topic = Topic::kernel_objects,
               .script =
                   R"(perl -e 'while (open(my $f, "<", "/dev/null")) { push @f, $f; last if @f > 2000 } print scalar(@f), " open\n"; sleep 1')",
               .ran = "[0-9]+ open",
               .unconfined = "a process with more open files than the limit"},
              {.name = "watches of files (inotify)",
               .topic = Topic::kernel_objects,
               .script = R"(perl -e 'for (1..1000) { last if syscall(294, 0) < 0 } sleep 1; print "over\n"')",
               .ran = over,
               .is_short = true,
               .unconfined = "the server cannot watch files"},
              {.name = "terminals",
               .topic = Topic::kernel_objects,
               .script =
                   R"(for i in {1..20}; do perl -e 'while (open(my $f, "+<", "/dev/ptmx")) { push @f, $f; last if @f > 200 } sleep 2' & done; sleep 1.5; echo over; wait)",
               .ran = over,
               .unconfined = "more terminals than the limit"},
              {.name = "pipes, filled",
               .topic = Topic::kernel_objects,
               .script =
                   R"(for i in {1..12}; do perl -e 'use Fcntl; $b = "x" x 65536; for (1..120) { pipe my $r, my $w or last; push @p, $r, $w; fcntl($w, F_SETFL, O_NONBLOCK); fcntl($w, 1031, 1 << 20); syswrite $w, $b } sleep 2' & done; sleep 1.5; echo over; wait)",
               .ran = over,
               .unconfined = small_pipes_of_server,
               .open_places = "U",
               .open = small_pipes_of_server},
              {.name = "epoll watches",
               .topic = Topic::kernel_objects,
               .script =
                   R"(for i in {1..40}; do perl -e 'for (1..120) { $r[$_] = syscall(290, 0, 0); $e[$_] = syscall(291, 0) } for $e (@e[1..120]) { for (@r[1..120]) { $x = pack("L Q", 1, 0); syscall(233, $e, 1, $_, $x) >= 0 and $n++ } } print "watches: ", $n + 0, "\n"; sleep 2' & done; sleep 2; wait; echo over)",
               .ran = "watches: [1-9]",
               .lasts = 10s,
               .open_places = "U",
               .open = "the server cannot wait for files"},
              {.name = "timers, locks and message queues",
               .topic = Topic::kernel_objects,
               .script =
                   R"(perl -e 'for (1..5000) { $t = pack("i", 0); last if syscall(222, 0, 0, $t) < 0; $n++ } $q = "q"; syscall(240, $q, 0102, 0600, 0); open L, ">", "l"; for (1..4000) { fcntl(L, 6, pack("s s x4 q q l x4", 1, 0, 2 * $_, 1, 0)) or last } print "timers ", $n + 0, "\n"; sleep 1')",
               .ran = "timers [0-9]+",
               .lasts = 10s},
              {.name = "descriptors in flight",
               .topic = Topic::kernel_objects,
               .script =
                   R"(perl -e 'for (1..100) { socketpair(my $a, my $b, 1, 2, 0) or last; push @k, $a, $b; for (1..100) { $d = pack("x8 x4 Q l l l", 0) ; syscall(46, fileno($a), pack("Q L x4 Q Q p Q L x4", 0, 0, 0, 0, pack("Q l l l x4", 20, 1, 1, 0), 24, 0), 0100) >= 0 or last } } print "over\n"; sleep 1')",
               .ran = over},

              {.name = "namespaces, mounts and roots",
               .topic = Topic::privileges,
               .script =
                   R"(unshare -Ur sleep 1; unshare -m sleep 1; nsenter -t 1 -m sleep 1; mount -t tmpfs x /tmp; mount --bind / /tmp; umount /proc; perl -e 'chroot("/tmp"); syscall(56, 0x10000000, 0, 0, 0, 0); ($a, $b) = ("/tmp", "/tmp"); syscall(155, $a, $b); $c = pack("Q8", 0x10000000); syscall(435, $c, 64); sleep 1; print "over\n"')",
               .ran = over,
               .lasts = 8s,
               .is_short = true,
               .unconfined = "a process in other namespaces"},
              {.name = "system calls that reach further", .topic = Topic::privileges, .script = R"(perl -e '$p = pack("L30", 1, 120); for (101, 310, 321, 425, 250, 248, 298, 323, 169, 175, 246, 165, 308, 300, 304, 434, 272, 154, 135, 172, 173, 461) { syscall($_, 1, 1, 0, 0, 0, 0) } syscall(298, $p, 0, -1, -1, 0); syscall(425, 8, $p); syscall(323, 1); syscall(321, 0, $p, 72); sleep 1; print "over\n"')", .ran = over, .is_short = true},
              {.name = "system calls of 32 bits and x32",
               .topic = Topic::privileges,
               .script =
                   R"(perl -e 'syscall(0x40000000 + 39); print "returned\n"'; (perl -e '$c = "\xb8\x14\0\0\0\xcd\x80\xc3"; $p = syscall(9, 0, 4096, 7, 0x22, -1, 0); open Z, "<", \$c; print "none\n"'); sleep 1; echo over)",
               .ran = over},
              {.name = "set-user-id programs", .topic = Topic::privileges, .script = R"(cp /bin/sleep b; chmod 6755 b; ./b 1; su -c 'sleep 1' </dev/null; mount; sudo -n sleep 1; perl -e '$< = $> = 0; $( = $) = 0; syscall(105, 0); syscall(126, pack("L l", 0x20080522, 0), pack("L6", (0xffffffff) x 6)); sleep 1'; echo over)", .ran = over, .lasts = 8s},
              {.name = "priorities and limits",
               .topic = Topic::privileges,
               .script =
                   R"(renice -n -5 $$; chrt -f 1 sleep 1; chrt -r 1 sleep 1; ionice -c 1 sleep 1; ulimit -n 100000; ulimit -u unlimited; perl -e '$l = pack("Q Q", 100000, 100000); syscall(160, 7, $l); sleep 1'; echo over)",
               .ran = over,
               .lasts = 8s},
              {.name = "process 1: its memory, files and program",
               .topic = Topic::privileges,
               .script =
                   R"((cat /proc/1/environ /proc/1/maps; ls /proc/1/fd /proc/1/root; echo x > /proc/1/exe; perl -e 'syscall(101, 16, 1, 0, 0); syscall(310, 1, 0, 0, 0, 0, 0); open M, "+<", "/proc/1/mem" and print "opened\n"; sleep 1') 2>&1; echo over)",
               .ran = over},

              {.name = "other processes and their environment",
               .topic = Topic::machine,
               .script =
                   R"(cat /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n'; cat /proc/[0-9]*/cmdline | tr '\0' ' '; echo over)",
               .ran = over,
               .is_short = true,
               .unconfined = "it read a secret"},
              {.name = "the study's files: answers, codes, record",
               .topic = Topic::machine,
               .script =
                   R"(cat @FOLDER@/config.json @FOLDER@/db.sqlite3 /proc/1/root@FOLDER@/config.json /proc/1/cwd/config.json 2>&1 | strings; find / -xdev -name config.json -o -xdev -name 'db.sqlite3*' 2>/dev/null | head; env; echo over)",
               .ran = over,
               .lasts = 15s,
               .unconfined = "it read a secret"},
              {.name = "kernel files and settings",
               .topic = Topic::machine,
               .script =
                   R"(ls /sys; for f in /proc/sys/kernel/* /proc/sys/vm/* /proc/sys/fs/* /proc/sysrq-trigger /proc/kcore /proc/kmsg /proc/bus/pci/* /proc/irq/*/smp_affinity; do [ -f $f ] && (echo 0 > $f); head -c 10 $f; done >/dev/null 2>&1; sleep 1; echo over)",
               .ran = over,
               .lasts = 8s},
              {.name = "devices",
               .topic = Topic::machine,
               .script =
                   R"(for d in mem kmsg sda vda loop0 fuse kvm net/tun; do (exec 7<>/dev/$d) 2>/dev/null && (exec 7<>/dev/$d; sleep 1); done; mknod m c 1 1; mknod k c 1 11; (exec 7<>k; sleep 1); echo over)",
               .ran = over},
              {.name = "control groups",
               .topic = Topic::machine,
               .script = R"(mkdir /sys/fs/cgroup/x; mount -t cgroup2 x /tmp; cat /proc/self/cgroup; echo over)",
               .ran = over},
              {.name = "clock, host name, modules, restart",
               .topic = Topic::machine,
               .script =
                   R"(date -s 2001-01-01; hostname other; perl -e '$t = pack("q q", 1, 1); syscall(227, 0, $t); syscall(164, $t, 0); $n = "other"; syscall(170, $n, 5); syscall(169, 0xfee1dead, 672274793, 0x1234567, 0); syscall(313, 0, $n, 0); sleep 1'; echo over)",
               .ran = over},

              {.name = "connections to this machine and others",
               .topic = Topic::networks,
               .script =
                   R"(for a in 127.0.0.1 $(hostname -I) 172.17.0.1 10.0.2.15 169.254.169.254; do (timeout 1 bash -c ": > /dev/tcp/$a/@PORT@"); done 2>/dev/null; (: > /dev/tcp/1.1.1.1/80) 2>/dev/null; perl -e 'use Socket; socket(S, 1, 1, 0); connect(S, pack("S a*", 1, "\0@NAME@")); sleep 1'; echo over)",
               .ran = over,
               .lasts = 8s,
               .is_short = true,
               .unconfined = "a program in a sandbox reached a server on this machine"},
              {.name = "the sockets of Docker and of process 1",
               .topic = Topic::networks,
               .script =
                   R"(perl -e 'use Socket; for $p ("/run/tellina/socket", "/var/run/docker.sock", "/run/docker.sock", "/run/dbus/system_bus_socket", "@FOLDER@/meet") { for $t (1, 2, 5) { socket(my $s, 1, $t, 0); connect($s, sockaddr_un($p)) and print "connected to $p\n", syswrite($s, "Q"); push @k, $s } } sleep 1; print "over\n"')",
               .ran = over},
              {.name = "socket families and protocols",
               .topic = Topic::networks,
               .script =
                   R"(perl -e 'for $f (3..45) { for $t (1, 2, 3, 5) { socket(my $s, $f, $t, 0) and push @k, $s } } for $p (3..262) { socket(my $s, 2, 3, $p) and push @k, $s; socket(my $t, 2, 1, $p) and push @k, $t } sleep 1; print "over\n"')",
               .ran = over},

              {.name = "processor hogs",
               .topic = Topic::processor,
               .script =
                   R"(for i in {1..20}; do setsid bash -c 'while :; do :; done' & done; sleep 3; kill $(jobs -p); echo over)",
               .ran = over,
               .lasts = 8s},
              {.name = "system call hogs",
               .topic = Topic::processor,
               .script =
                   R"(for i in {1..20}; do perl -e 'while (1) { getppid() }' & done; sleep 3; kill $(jobs -p); echo over)",
               .ran = over,
               .lasts = 8s},

              {.name = "links out of the home",
               .topic = Topic::home,
               .script =
                   R"(ln -s / root; ln -s /etc/shadow s; ln -s ../../.. up; ln -s loop loop; ln /etc/passwd p; ln -s @FOLDER@/config.json done; echo over)",
               .ran = over},
              {.name = "pipes, sockets and devices",
               .topic = Topic::home,
               .script =
                   R"(mkfifo fifo done; perl -e 'use Socket; socket(S, 1, 1, 0); bind(S, sockaddr_un("sock"))'; mknod dev c 1 3; echo over; sleep 1)",
               .ran = over},
              {.name = "deep folders",
               .topic = Topic::home,
               .script =
                   R"(perl -e 'for (1..10000) { mkdir("d") && chdir("d") or last; $n++ } print "$n deep\n"; sleep 1')",
               .ran = "[0-9]{4} deep",
               .lasts = 10s},
              {.name = "wild names and times",
               .topic = Topic::home,
               .script =
                   R"(touch $'a\nb' $'c\xff' $'d\e[31m' -- -rf $(printf 'e%.0s' {1..255}); touch -d '9999-12-31' far; touch -d @-9000000000 old; perl -e 'utime 4611686018427387904, 4611686018427387904, "far"'; echo over; sleep 1)",
               .ran = over},
              {.name = "files without rights",
               .topic = Topic::home,
               .script = R"(mkdir locked; touch locked/x done; chmod 000 locked done; chmod 000 .; echo over; sleep 1)",
               .ran = over},
              {.name = "changes during checks",
               .topic = Topic::home,
               .script =
                   R"(perl -e '$e = time + 3; while (time < $e) { mkdir "a"; rename "a", "b"; symlink "/", "a"; unlink "a"; rmdir "b" } print "over\n"')",
               .ran = over,
               .lasts = 8s},
              {.name = "checks made as long as possible",
               .topic = Topic::home,
               .script =
                   R"(perl -e '$n = "n" x 240; for (1..3000) { open F, ">", "$n$_" or last; truncate F, 1 << 20 } for (1..900) { mkdir("d") && chdir("d") or last }'; timeout 4 perl -e '$| = 1; while (1) { print "$_\n" for 1..50; utime undef, undef, "notes.txt"; select undef, undef, undef, 0.005 }' | cat; echo over)",
               .ran = over,
               .lasts = 15s},
              {.name = "checks that cost much",
               .topic = Topic::home,
               .script =
                   R"(for i in {1..3900}; do : > f$i; done; for i in {1..60}; do truncate -s 1M f$i; done; timeout 4 perl -e '$| = 1; while (1) { print "$_\n" for 1..50; select undef, undef, undef, 0.005 }' | cat; echo over)",
               .ran = over,
               .lasts = 15s},

              {.name = "flood, read",
               .topic = Topic::terminal,
               .script = R"(timeout 3 yes)",
               .ran = "y",
               .lasts = 6s,
               .is_short = true},
              {.name = "line of 40 MB",
               .topic = Topic::terminal,
               .script = R"(head -c 40M /dev/zero | tr '\0' x)",
               .ran = "x",
               .lasts = 30s},
              {.name = "binary output",
               .topic = Topic::terminal,
               .script = R"(head -c 1M /dev/urandom; reset; echo over)",
               .ran = over,
               .lasts = 15s},
              {.name = "terminal in raw mode",
               .topic = Topic::terminal,
               .script = R"(stty raw -echo; sleep 1; stty sane; echo over)",
               .ran = over,
               .lasts = 5s},
              {.name = "unfinished escape sequences",
               .topic = Topic::terminal,
               .script =
                   R"(printf '\e]52;c;'; printf '\eP'; printf '\e_'; printf '\e^'; head -c 2M /dev/zero | tr '\0' x; printf '\e['; echo over)",
               .ran = over,
               .lasts = 10s},
              {.name = "input pushed into a terminal",
               .topic = Topic::terminal,
               .script =
                   R"(perl -e 'for $c (split //, "touch ~/tellina-pushed\n") { ioctl(STDIN, 0x5412, $c); syscall(16, 0, 0x100005412, $c) } $l = "\x02"; ioctl(STDIN, 0x541C, $l)'; sleep 1; echo over)",
               .ran = over},
              {.name = "line disciplines",
               .topic = Topic::terminal,
               .script =
                   R"(perl -e 'for $n (1..30) { $l = pack("i", $n); ioctl(STDIN, 0x5423, $l) } $l = pack("i", 0); ioctl(STDIN, 0x5423, $l); print "over\n"')",
               .ran = over},

              {.name = "forged marks",
               .topic = Topic::record,
               .script =
                   R"(perl -e '$| = 1; ($n) = (join "", `cat /proc/$PPID/environ 2>/dev/null`) =~ /nonce=?(\w+)/i; $n ||= $ENV{TELLINA_NONCE} || "x"; $e = time + 4; while (time < $e) { print "\e]133;C;nonce=$n;cmd=id;cwd=/\a\e]133;D;0;nonce=$n\a" } print "over\n"')",
               .ran = over,
               .lasts = 20s},
              {.name = "commands at full speed, with many files to check",
               .topic = Topic::record,
               .lasts = 5s,
               .client = &run_commands_at_full_speed},

              {.name = "all numbers printed for one",
               .topic = Topic::passing,
               .lasts = 5s,
               .client = &print_everything},

              {.name = "visits: connect, hello, hang up",
               .topic = Topic::sessions,
               .lasts = 5s,
               .client = &visit_again_and_again,
               .is_short = true},
              {.name = "two pages that take the terminal from each other",
               .topic = Topic::sessions,
               .lasts = 5s,
               .client = &fight_over_terminal},
              {.name = "typing at full speed", .topic = Topic::sessions, .lasts = 5s, .client = &type_at_full_speed},
              {.name = "window sizes at full speed",
               .topic = Topic::sessions,
               .lasts = 5s,
               .client = &resize_at_full_speed,
               .is_short = true},
              {.name = "hello at full speed", .topic = Topic::sessions, .lasts = 5s, .client = &greet_at_full_speed},
              {.name = "pings at full speed", .topic = Topic::sessions, .lasts = 5s, .client = &ping_at_full_speed},
              {.name = "resets at full speed", .topic = Topic::sessions, .lasts = 5s, .client = &reset_at_full_speed},
              {.name = "logins at full speed", .topic = Topic::sessions, .lasts = 5s, .client = &log_in_at_full_speed},
              {.name = "observations at full speed",
               .topic = Topic::sessions,
               .lasts = 5s,
               .client = &observe_at_full_speed},
              {.name = "frames that are wrong", .topic = Topic::sessions, .lasts = 5s, .client = &send_nonsense},
              {.name = "WebSockets of one participant",
               .topic = Topic::sessions,
               .lasts = 5s,
               .client = &open_many_web_sockets},
              {.name = "a socket that is never read", .topic = Topic::sessions, .lasts = 5s, .client = &never_read},

              {.name = "wrong access codes at the same time",
               .topic = Topic::clients,
               .lasts = 5s,
               .client = &guess_codes,
               .is_short = true},
              {.name = "wrong access codes from many addresses",
               .topic = Topic::clients,
               .lasts = 5s,
               .client = &guess_codes_from_everywhere},
              {.name = "requests that are never finished",
               .topic = Topic::clients,
               .lasts = 5s,
               .client = &leave_requests_unfinished},
              {.name = "requests with two ends",
               .topic = Topic::clients,
               .lasts = 3s,
               .client = &send_requests_with_two_ends},
              {.name = "names of other hosts, pages of other sites",
               .topic = Topic::clients,
               .lasts = 3s,
               .client = &come_from_elsewhere,
               .is_short = true},
              {.name = "cookies that are wrong", .topic = Topic::clients, .lasts = 3s, .client = &try_cookies},

              {.name = "the record, read by another user",
               .topic = Topic::local_users,
               .lasts = 2s,
               .client = &look_as_another_user,
               .is_short = true},
          };
  return all;
}

}  // namespace tellina::hostile
