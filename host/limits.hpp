#pragma once

/// Every number that bounds something in host/, with the relations that must hold between them. Sizes are in bytes.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tellina::limits {

// The wire: tellina.v1 and what gateway and worker say

/// Bytes of the stream offset before the payload of a binary frame.
inline constexpr std::size_t frame_header = 8;
/// The most terminal bytes of one binary frame.
inline constexpr std::size_t frame_payload = 64 * 1024;
/// The most bytes of a frame from a client, header included.
inline constexpr std::size_t frame = frame_header + frame_payload;
/// Bytes of input that a client sends beyond the last acknowledgement.
inline constexpr std::size_t input_window = 64 * 1024;
/// Bytes of output that the server sends beyond what the client has acknowledged.
inline constexpr std::size_t output_window = 256 * 1024;
/// The largest stream offset: JavaScript counts exactly up to here.
inline constexpr std::uint64_t stream_offset = (std::uint64_t{1} << 53) - 1;
/// The most columns, and the most rows, of a terminal. The least is 1.
inline constexpr std::uint64_t terminal_cells = 1000;
/// Entries of one frame `input_times`.
inline constexpr std::size_t observation_times = 256;
/// Bytes of a stream's name in an observation.
inline constexpr std::size_t observation_stream_name = 64;
/// Bytes of the reason of an observation `disconnected`.
inline constexpr std::size_t observation_reason = 200;
/// Bytes of a name that a client sends, such as a stream's.
inline constexpr std::size_t client_name = 100;

// The gateway

/// The handshake request and the bytes after it must fit into Beast's read buffer of 1536 bytes.
inline constexpr std::size_t http_handshake = 1400;
/// Larger static files are not served.
inline constexpr std::uint64_t served_file = 16 * 1024 * 1024;
/// How many connections over the limit get a response at one time. More are closed without one.
inline constexpr std::size_t refusals_at_once = 256;
/// Cookies of participants that a browser keeps. With a name of 20 bytes and a token of 64, these are a tenth of the
/// 16 KiB that a request's headers may have.
inline constexpr std::size_t kept_cookies = 20;
/// How many logins wait for others under way, because with them their address could exceed a limit.
inline constexpr std::size_t waiting_logins = 1024;
/// After what time a client asks again if there are more.
inline constexpr std::chrono::seconds login_retry{1};
/// Of how many addresses the gateway remembers that somebody has logged in.
inline constexpr std::size_t known_addresses = 4096;
/// From this number on, buckets of unknown access codes are searched for old ones.
inline constexpr std::size_t swept_login_buckets = 512;
/// Bytes. RFC 6455, section 5.5: control frames hold 125 bytes, 2 are the code.
inline constexpr std::size_t close_reason = 123;
/// How long a client may take to answer a close frame.
inline constexpr std::chrono::seconds close_handshake{3};
/// How long a socket is read after its final response.
inline constexpr std::chrono::seconds linger{1};
/// How long closed sockets may take to run their last handlers.
inline constexpr std::chrono::seconds last_handlers{2};
/// How long a worker may take to answer a scrape of /metrics.
inline constexpr std::chrono::milliseconds scrape{1000};
/// One line of each kind is logged in this time.
inline constexpr std::chrono::seconds log_interval{10};

// Starting and stopping

/// How long a gateway or worker process may take to start.
inline constexpr std::chrono::seconds process_start{30};
/// How long a server may take to end.
inline constexpr std::chrono::seconds server_stop{5};
/// Of server_stop, for the processes.
inline constexpr std::chrono::milliseconds processes_stop{4500};
/// Of server_stop, for the lanes of a worker.
inline constexpr std::chrono::milliseconds lanes_stop{2500};
/// Threads of the pool. Blocking calls wait for processes and daemons more than they compute.
inline constexpr std::size_t blocking_threads = 16;

// The worker and its leases

/// A lease expires so long after its last renewal.
inline constexpr std::chrono::seconds lease{3};
/// A worker renews its leases so often.
inline constexpr std::chrono::seconds lease_renewal{1};
/// A renewal that takes longer may have met what keeps other workers from renewing theirs.
inline constexpr std::chrono::milliseconds slow_renewal{500};
/// A worker whose renewals have all been quick for so long takes the lapsed leases of others that still live.
inline constexpr std::chrono::seconds steady_renewals{5};
/// A gateway asks twice a second whether the owner of its connections is alive; one that is silent for so long is gone.
inline constexpr std::chrono::seconds gateway_silence{5};
/// A gateway that cannot be reached for so long has closed the connection, or no longer exists.
inline constexpr std::chrono::seconds gateway_end{60};

// A session: streams, recording and checks

/// A pty gives at most 4095 bytes a read (measured on Linux 6.x), so a lone shorter read means that no more is waiting.
/// Behind a full one the kernel may be handing over in pieces of any size: then reading continues until nothing is
/// there.
inline constexpr std::size_t pty_read = 4095;
/// A piece of output that has not reached this takes one more read, and stays within a frame.
inline constexpr std::size_t output_piece = 60 * 1024;
/// So much input that is not yet recorded is committed at once: the window moves with what is recorded.
inline constexpr std::size_t input_commit = 16 * 1024;
/// So much output that is not yet recorded is committed at once.
inline constexpr std::size_t output_commit = 256 * 1024;
/// How far the record of the lengths may be behind, in bytes, where bytes are not recorded.
inline constexpr std::size_t unrecorded_lengths = 256 * 1024;
/// The pty is not read while the record is this far behind.
inline constexpr std::size_t unrecorded_output = 768 * 1024;
/// Read of a pty whose shell has ended. More than the kernel holds for a pty (14 to 22 KiB, measured on Linux 6.18).
inline constexpr std::size_t last_output = 96 * 1024;
/// After a worker's death output continues this far behind what was recorded: more than it can have sent unrecorded.
inline constexpr std::uint64_t take_over_jump = 1024 * 1024;
/// The end of an output stream that is kept for pages that come back.
inline constexpr std::size_t replay_buffer = 2 * 1024 * 1024;
/// Output that a task session records at full speed.
inline constexpr std::uint64_t full_speed_output = 64 * 1024 * 1024;
/// Output a second after that.
inline constexpr double slow_output_in_a_second = 256 * 1024;
/// So much recorded input is acknowledged without waiting for the interval.
inline constexpr std::size_t acknowledged_at_once = 8 * 1024;
/// Observations, and frames of input times, of one participant in one go.
inline constexpr int observation_burst = 1000;
/// Requests whose repetition is recognised.
inline constexpr std::size_t answered_requests = 64;
/// A task without a sandbox for so long ends as interrupted.
inline constexpr std::chrono::minutes standstill{5};
/// A last check may take so long after the time has run out, or after the participant has given up.
inline constexpr std::chrono::milliseconds check_grace{300};
/// A sandbox that is slow to go delays the next task no longer than this.
inline constexpr std::chrono::seconds sandbox_removal{1};
/// A command that has solved the task may run so much longer, so that its status is in the record.
inline constexpr std::chrono::seconds command_status{1};
/// A shell that shows no prompt for this long is taken for one that accepts input.
inline constexpr std::chrono::seconds first_prompt{5};

// Study logic

/// How much of a command's cleaned output its record has, in bytes.
inline constexpr std::size_t recorded_command_output = 1024 * 1024;
/// Shells inside shells that are followed; a command of a deeper one ends the innermost that is known.
inline constexpr std::size_t shell_depth = 16;
/// Shells of one task that are distinguished.
inline constexpr std::size_t shells = 4096;
/// Bytes between ESC ] and BEL: a longer mark is no mark, and is dropped like any other escape sequence.
inline constexpr std::size_t mark = 256 * 1024;
/// Bytes after which an escape sequence without an end is given up: what follows is text again.
inline constexpr std::uint64_t escape_sequence = 1024 * 1024;
/// Of N_TTY: a line under the kernel's editing has no more bytes (N_TTY_BUF_SIZE, termios(3)).
inline constexpr std::size_t kernel_line = 4096;
/// Typed text of one command that is kept for the check, in bytes.
inline constexpr std::size_t typed_text = 64 * 1024;
/// Entries of a check's detail.
inline constexpr std::size_t detail_entries = 200;
/// Bytes of a check's detail.
inline constexpr std::size_t detail = 32 * 1024;
/// Content of files that an answer accepts with any content, read for one check.
inline constexpr std::size_t snapshot_content = 256 * 1024 * 1024;

// The store

/// Records of one transaction. Bounds what one failed commit takes with it.
inline constexpr std::size_t commit_records = 4096;
/// How long a record waits for others. A commit costs a millisecond of one of few cores, which delays somebody's key.
inline constexpr std::chrono::milliseconds commit_delay{40};
/// How long SQLite waits for another program's lock.
inline constexpr std::chrono::milliseconds database_busy{5000};
/// Larger files are not read whole at the start: that takes seconds.
inline constexpr std::int64_t checked_database = 64LL * 1024 * 1024;

// The configuration

/// Size of the largest configuration that is read, in bytes.
inline constexpr std::size_t config_file = 64 * 1024 * 1024;
/// How deep arrays and objects can be nested, so that recursion over a value cannot exhaust the stack.
inline constexpr std::size_t config_depth = 200;
/// Bytes of the files in one archive.
inline constexpr std::size_t archive_file = 256 * 1024 * 1024;
/// Bytes: the limit of a login and of the column of the store.
inline constexpr std::size_t access_code = 100;

// Relations

static_assert(output_piece + pty_read <= frame_payload, "a piece of output with one more read fits into a frame");
static_assert(frame_payload <= input_window, "one frame fits into the window");
static_assert(input_commit < input_window, "input is committed before the window is full");
static_assert(acknowledged_at_once < input_window, "a client gets an acknowledgement before its window is full");
static_assert(output_window < unrecorded_output, "a full window stops the pty before the record does");
static_assert(output_commit < unrecorded_output && unrecorded_lengths < unrecorded_output,
              "output is committed before the pty stops for it");
static_assert(unrecorded_output + frame_payload + last_output < take_over_jump,
              "what is not recorded is less than what output jumps after a worker's death");
static_assert(unrecorded_output < replay_buffer && take_over_jump < replay_buffer,
              "the replay buffer reaches back behind all that a client can lack");
static_assert(lease > 2 * lease_renewal, "a renewal may fail once before the lease expires");
static_assert(slow_renewal + 2 * lease_renewal < lease, "a worker knows that it is not steady before a lease lapses");
static_assert(steady_renewals >= lease + 2 * lease_renewal,
              "every worker has tried to renew before another takes its leases");
static_assert(gateway_silence > lease && gateway_end > gateway_silence,
              "a session outlives a short absence of its gateway");
static_assert(processes_stop < server_stop && lanes_stop + last_handlers <= processes_stop,
              "the parts stop within the time of the whole");
static_assert(check_grace < sandbox_removal && command_status >= check_grace, "a task ends in this order");
static_assert(kernel_line < typed_text && mark < escape_sequence, "text is kept longer than its parts");
static_assert(commit_delay < lease_renewal && database_busy > lease, "commits are far more frequent than renewals");
static_assert(access_code <= client_name, "a code fits where a client sends a name");

}  // namespace tellina::limits
