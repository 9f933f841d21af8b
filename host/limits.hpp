#pragma once

/// All limits in host/, with the relations that must hold between them. Sizes are in bytes.
/// Other files define intervals, the widths of texts for people, the numbers of file formats and standards, and the
/// parameters of `tellina bench`.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tellina::limits {

// The wire: tellina.v1, and the messages between gateway and worker

/// The size of the stream offset at the beginning of a binary frame.
inline constexpr std::size_t frame_header = 8;
/// The most terminal bytes of one binary frame.
inline constexpr std::size_t frame_payload = 64 * 1024;
/// The most bytes of a frame from a client, header included.
inline constexpr std::size_t frame = frame_header + frame_payload;
/// How many bytes of input a client may send beyond the last acknowledgement.
inline constexpr std::size_t input_window = 64 * 1024;
/// How many bytes of output the server may send beyond what the client has acknowledged.
inline constexpr std::size_t output_window = 256 * 1024;
/// The largest stream offset: JavaScript represents integers exactly up to this value.
inline constexpr std::uint64_t stream_offset = (std::uint64_t{1} << 53) - 1;
/// The most columns, and the most rows, of a terminal. The minimum is 1.
inline constexpr std::uint64_t terminal_cells = 1000;
/// Entries of one frame `input_times`.
inline constexpr std::size_t observation_times = 256;
/// Bytes of a stream's name in an observation.
inline constexpr std::size_t observation_stream_name = 64;
/// Bytes of the reason of an observation `disconnected`.
inline constexpr std::size_t observation_reason = 200;
/// Bytes of the address of a link that the participant opened.
inline constexpr std::size_t observed_url = 2000;
/// Bytes of a name that a client sends, such as a stream's.
inline constexpr std::size_t client_name = 100;
/// Bytes of the id of a request, as JSON.
inline constexpr std::size_t request_id = 200;
/// Bytes of the name of a time zone. The longest of the tz database has 32.
inline constexpr std::size_t timezone = 64;
/// The largest number of a task that a client can name.
inline constexpr std::uint64_t task_number = 1'000'000;
/// Milliseconds of a page's clock: the last time that a Date of JavaScript can hold.
inline constexpr double client_time = 8.64e15;
/// Bytes of a cookie's value, or of another token that a browser sends.
inline constexpr std::size_t token = 200;
/// The largest count in a frame to a client, such as of missing lines.
inline constexpr std::uint64_t counted_lines = 1'000'000'000;

// A participant's client in C++

/// The most bytes that one read takes from the socket.
inline constexpr std::size_t client_read = 256 * 1024;
/// A client acknowledges output at the latest after this many bytes. The page has the same value.
inline constexpr std::uint64_t unacknowledged_output = 32 * 1024;
/// Acknowledged input is kept until it reaches this size, because dropping it moves the bytes after it.
inline constexpr std::uint64_t client_input = 1024 * 1024;

// The gateway

/// The handshake request and the bytes after it must fit into Beast's read buffer of 1536 bytes.
inline constexpr std::size_t http_handshake = 1400;
/// Larger static files are not served.
inline constexpr std::uint64_t served_file = 16 * 1024 * 1024;
/// Bytes of the study's pictures that a gateway keeps. Those of earlier configurations leave first.
inline constexpr std::size_t kept_pictures = 128 * 1024 * 1024;
/// Hexadecimal digits of a picture's SHA-256 in its address: 128 bits, which nobody guesses.
inline constexpr std::size_t picture_hash = 32;
/// Bytes per second that a client must at least read of a long response: the largest picture may take 80 s.
inline constexpr std::size_t download_rate = 64 * 1024;
/// How many refused connections may receive their 503 response at the same time. Others are closed without one.
inline constexpr std::size_t refusals_at_once = 256;
/// How many participants' cookies a browser keeps. With a name of 20 bytes and a token of 64, these use a tenth of the
/// 16 KiB that a request's headers may have.
inline constexpr std::size_t kept_cookies = 20;
/// How many logins may wait. A login waits if pending logins from the same network could use up the limit for unknown
/// codes.
inline constexpr std::size_t waiting_logins = 1024;
/// How many people may join through the open link within a minute from one IPv4 address or IPv6 /64, from an IPv6 /48
/// and from an IPv6 /32: a whole lecture may be behind one address. Refused tries count, too.
inline constexpr std::size_t joins_per_address = 100;
inline constexpr std::size_t joins_per_site = 400;
inline constexpr std::size_t joins_per_provider = 4000;
/// When a client should retry if too many logins wait.
inline constexpr std::chrono::seconds login_retry{1};
/// For how many addresses the gateway remembers a successful login.
inline constexpr std::size_t known_addresses = 4096;
/// From this number of buckets on, the login limiter searches for buckets that it no longer needs.
inline constexpr std::size_t swept_login_buckets = 512;
/// In bytes. RFC 6455, section 5.5: control frames have at most 125 bytes, of which the code takes 2.
inline constexpr std::size_t close_reason = 123;
/// How long a client may take to answer a close frame.
inline constexpr std::chrono::seconds close_handshake{3};
/// How long the gateway reads from a socket after its final response.
inline constexpr std::chrono::seconds linger{1};
/// How long closed sockets may take to run their last handlers.
inline constexpr std::chrono::seconds last_handlers{2};
/// How long a worker may take to answer a scrape of /metrics.
inline constexpr std::chrono::milliseconds scrape{1000};
/// How many bytes of a client's message one line of the log quotes.
inline constexpr std::size_t logged_text = 200;
/// At most one line of each kind is logged in this time.
inline constexpr std::chrono::seconds log_interval{10};
/// The same for what each session reports while something is down that they all need: the database, the sandboxes.
inline constexpr std::chrono::seconds fault_log_interval{60};
/// The same for messages of the channel layer that cannot be used.
inline constexpr std::chrono::seconds bad_message_interval{60};

/// WebSockets of one participant. A page has one; a page that reconnects leaves its old one for up to 3 s.
inline constexpr std::size_t participant_connections = 16;
/// The gateway closes idle connections while fewer than one in this many connections is free.
inline constexpr std::size_t free_connections_share = 8;

// Descriptors

/// Descriptors of a process for the store, the loops, the plugins and for sandboxes that are being started.
inline constexpr std::size_t reserved_descriptors = 64;
/// The most descriptors of one sandbox with its terminal. Measured: 8 with `chroot`, 5 with `docker`.
inline constexpr std::size_t sandbox_descriptors = 10;
/// Descriptors for the connection to another process with the channel layer `ipc`. Measured: 4.
inline constexpr std::size_t peer_descriptors = 4;
/// If gateway and worker share a process, one in this many descriptors is for connections.
inline constexpr std::size_t connections_share = 4;
/// A process offers at least this many connections, and one sandbox, however low its limit is.
inline constexpr std::size_t least_connections = 8;

// Starting and stopping

/// How long a gateway or worker process may take to start.
inline constexpr std::chrono::seconds process_start{30};
/// How often a process tells its supervisor that it is alive.
inline constexpr std::chrono::milliseconds heartbeat{1000};
/// The supervisor checks once per heartbeat. It kills and replaces a process that missed this many in a row.
inline constexpr int missed_heartbeats = 10;
/// How long a server may take to end.
inline constexpr std::chrono::seconds server_stop{5};
/// The part of server_stop for the processes.
inline constexpr std::chrono::milliseconds processes_stop{4500};
/// The part of server_stop for the lanes of a worker.
inline constexpr std::chrono::milliseconds lanes_stop{2500};
/// How long a server waits for the lock of a process that was just killed: it exists until the kernel has cleaned up.
inline constexpr std::chrono::milliseconds server_lock{1000};
/// A process that ends within this time has failed at its start.
inline constexpr std::chrono::seconds failed_start_time{10};
/// The server ends after a process has failed at its start this many times in a row.
inline constexpr int failed_starts = 6;
/// The first restart is immediate. Later ones wait this long, then twice as long, and so on.
inline constexpr std::chrono::milliseconds first_restart_delay{250};
/// The delay before the restart of a process that could not start for a temporary reason, such as a locked database.
inline constexpr std::chrono::milliseconds next_try{500};
/// The largest number of a worker.
inline constexpr unsigned worker_number = 100'000;
/// Links that a server prints at its start.
inline constexpr std::size_t printed_links = 20;
/// Threads of the blocking pool. Its calls mostly wait for processes and daemons, and compute little.
inline constexpr std::size_t blocking_threads = 16;
/// How many more threads start sandboxes,
inline constexpr std::size_t start_threads = 8;
/// and how many if a start may take longer than quick_start: such a start waits for other machines.
inline constexpr std::size_t slow_start_threads = 64;
inline constexpr std::chrono::milliseconds quick_start{20'000};
/// The bounds of the time that a plugin may ask for a start.
inline constexpr std::chrono::milliseconds shortest_start{1000};
inline constexpr std::chrono::milliseconds longest_start{30 * 60 * 1000};

// The worker and its leases

/// How long a lease lasts after its last renewal.
inline constexpr std::chrono::seconds lease{3};
/// How often a worker renews its leases.
inline constexpr std::chrono::seconds lease_renewal{1};
/// A renewal that takes longer may have met a problem that delays other workers' renewals, too.
inline constexpr std::chrono::milliseconds slow_renewal{500};
/// A worker whose renewals have all been quick for this time takes over lapsed leases, even if their owner's process
/// lives.
inline constexpr std::chrono::seconds steady_renewals{5};
/// A gateway asks twice a second whether the owner of its connections is alive. A gateway that has not asked for this
/// long counts as gone.
inline constexpr std::chrono::seconds gateway_silence{5};
/// After this time, a gateway that could not be reached has closed the connection, or no longer exists.
inline constexpr std::chrono::seconds gateway_end{60};

// A session: streams, recording and checks

/// A pty returns at most 4095 bytes per read (measured on Linux 6.x), so a shorter read on its own means that no more
/// is waiting. After a full read, the kernel may deliver pieces of any size; then reading continues until nothing is
/// left.
inline constexpr std::size_t pty_read = 4095;
/// A piece of output that is still below this size gets one more read, and then still fits into a frame.
inline constexpr std::size_t output_piece = 60 * 1024;
/// This much unrecorded input is committed at once, because the window only moves with recorded input.
inline constexpr std::size_t input_commit = 16 * 1024;
/// This much unrecorded output is committed at once.
inline constexpr std::size_t output_commit = 256 * 1024;
/// With recording off, the record has only the lengths of the streams. It may lag this many bytes.
inline constexpr std::size_t unrecorded_lengths = 256 * 1024;
/// The pty is not read while the record lags this far.
inline constexpr std::size_t unrecorded_output = 768 * 1024;
/// How much is read from a pty whose shell has ended. More than the kernel buffers for a pty (14 to 22 KiB, measured on
/// Linux 6.18).
inline constexpr std::size_t last_output = 96 * 1024;
/// After a worker's death, output offsets continue this far after the recorded end: more than it can have sent
/// unrecorded.
inline constexpr std::uint64_t take_over_jump = 1024 * 1024;
/// How much recent output is kept for pages that reconnect.
inline constexpr std::size_t replay_buffer = 2 * 1024 * 1024;
/// How much output a task session records at full speed.
inline constexpr std::uint64_t full_speed_output = 64 * 1024 * 1024;
/// Bytes of output a second after that.
inline constexpr double slow_output_in_a_second = 256 * 1024;
/// This much recorded input is acknowledged without waiting for the interval.
inline constexpr std::size_t acknowledged_at_once = 8 * 1024;
/// How many requests of one kind wait for an answer at once. A newer one makes the oldest be answered `busy`.
inline constexpr std::size_t requests_at_once = 16;
/// How many answered requests a session remembers, so that it recognises a repeated one.
inline constexpr std::size_t answered_requests = 64;
/// A task that has had no sandbox for this long ends as interrupted.
inline constexpr std::chrono::minutes sandbox_outage{5};
/// How long a last check may take after the time is up or the participant has given up.
inline constexpr std::chrono::milliseconds check_grace{300};
/// A verdict on an answer includes output that the command prints within this time after it.
inline constexpr std::chrono::milliseconds verdict{200};
/// Bytes of the sentence that a participant sees while a sandbox starts,
inline constexpr std::size_t start_progress = 200;
/// and how often at most there is a new one.
inline constexpr std::chrono::milliseconds start_progress_interval{500};
/// A task that has not begun is dropped when no page has been there for this long.
inline constexpr std::chrono::seconds abandoned_start{30};
/// How often the record says that a connected participant was seen.
inline constexpr std::chrono::seconds seen_interval{60};
/// Bytes of what a plugin wants to know about a sandbox when it adopts it.
inline constexpr std::size_t sandbox_state = 4096;
/// Bytes of the name of a state of a home.
inline constexpr std::size_t snapshot_version = 64;
/// How long the next task waits at most until the sandbox of the last one is removed.
inline constexpr std::chrono::seconds sandbox_removal{1};
/// How much longer a command that has solved the task may run, so that its exit status can be recorded.
inline constexpr std::chrono::seconds command_status{1};
/// A shell without a prompt for this long counts as ready for input.
inline constexpr std::chrono::seconds first_prompt{5};

// What one participant may use (docs/operation.md has the table)

/// Sandboxes of one participant that exist or are being started or removed: the one in use, its replacement, and two
/// that a slow backend has not yet removed.
inline constexpr std::size_t participant_sandboxes = 4;
/// How long a prewarmed sandbox is kept after its page has left. A page that is reloaded is back within seconds.
inline constexpr std::chrono::seconds kept_sandbox{10};
/// How many frames of a client may be under way without the worker's credit, in units.
inline constexpr std::size_t frame_window = 64 * 1024;
/// The units of a binary frame, whose bytes have a window of their own. A frame may be empty, and still costs a
/// message.
inline constexpr std::size_t binary_frame_units = 64;
/// The units of a text frame are its bytes, but at least this many,
inline constexpr std::size_t smallest_text_frame_units = 256;
/// and at most this many, so that it always fits beside the credit that the worker has not yet returned.
inline constexpr std::size_t largest_text_frame_units = 16 * 1024;
/// The worker returns credit for frames in portions of this many units, so that it costs few messages.
inline constexpr std::size_t frame_credit = 16 * 1024;
/// Work for a participant's text frames: one unit for a frame, more for one that adds to the record. A participant may
/// use so many units at once,
inline constexpr double control_burst = 4000;
/// and so many a second. A page that receives output at 30 MB/s acknowledges it about 1000 times a second.
inline constexpr double control_units_in_a_second = 2000;
/// The units of a frame or a connection that adds rows to the record: at most 100 of them a second.
inline constexpr double recorded_frame_units = 20;
/// How many observations, and how many frames of input times, a participant may send at once. A page that was
/// disconnected sends everything that it has kept, at most this many frames.
inline constexpr double observation_burst = 1000;
/// Observations a second after that,
inline constexpr double observations_in_a_second = 100;
/// and frames of input times a second.
inline constexpr double input_times_in_a_second = 50;
/// How much input a task session receives at full speed. In ten hours, a person types less than 1 MiB.
inline constexpr std::uint64_t full_speed_input = 16 * 1024 * 1024;
/// Bytes of input a second after that.
inline constexpr double slow_input_in_a_second = 64 * 1024;
/// How many commands of a task session are recorded at full speed: more than a person runs, or pastes.
inline constexpr std::uint64_t full_speed_commands = 2000;
/// Commands a second after that.
inline constexpr double slow_commands_in_a_second = 100;
/// How many times a participant may log in without a pause,
inline constexpr int login_burst = 20;
/// and how long each login after that adds to the pause.
inline constexpr std::chrono::seconds login_interval{1};
/// A login that would have to wait longer is refused.
inline constexpr std::chrono::seconds longest_login_pause{5};
/// After a check, the next one waits this many times as long as the check took,
inline constexpr int check_pause = 9;
/// but not longer than this.
inline constexpr std::chrono::seconds longest_check_pause{10};
/// What a checker may print: bytes of standard output,
inline constexpr std::size_t checker_output = 64 * 1024;
/// and of the end of standard error that the record gets.
inline constexpr std::size_t checker_errors = 2 * 1024;
/// The largest count in a checker's result.
inline constexpr int checker_count = 999'999;
/// Of the commands that a checker finds in /check/session.jsonl, the last ones: bytes of the file.
inline constexpr std::size_t checker_commands = 8 * 1024 * 1024;
/// What a home may hold for a checker to get a copy: entries and bytes of content.
inline constexpr std::size_t checked_entries = 20'000;
inline constexpr std::size_t checked_content = 64 * 1024 * 1024;
/// How long the copy may take to be read.
inline constexpr std::chrono::seconds checker_snapshot{5};
/// What a checker's folder may hold.
inline constexpr std::size_t checker_folder_entries = 1000;
inline constexpr std::size_t checker_folder_content = 16 * 1024 * 1024;
inline constexpr std::chrono::seconds longest_checker{600};
/// How long a last check may take besides its checker's own time, for the copy of the home and the sandbox.
inline constexpr std::chrono::seconds checker_start{5};
/// Hand-ins that a task may allow.
inline constexpr int most_tries = 100;

/// How many bytes the checks of a process that run at the same time may need, if there are several.
inline constexpr std::size_t check_memory = 512 * 1024 * 1024;
/// What a check needs for an entry of a home besides its content, in bytes. Measured: 300 to 800, with its name.
inline constexpr std::size_t snapshot_entry = 1024;

// The states of homes in the record

/// Bytes of a file whose content the record keeps; of a larger one it has the digest.
inline constexpr std::size_t kept_content = 1024 * 1024;
/// A home with at most this much content is read whole for its state; of a larger one, what the check compares.
inline constexpr std::size_t whole_home = 8 * 1024 * 1024;
/// How much content such a snapshot may have, because the last command may have added some. If there is more, the
/// snapshot is taken again without it.
inline constexpr std::size_t grown_home = 16 * 1024 * 1024;
/// Bytes of the listing of a home; the rest of a longer one is left out.
inline constexpr std::size_t home_listing = 4 * 1024 * 1024;
/// How many bytes of contents one job of the store has, unless it is one file's: no keystroke waits long for it.
inline constexpr std::size_t content_commit = 256 * 1024;
/// Bytes of contents that wait for the store. While they are more, only the digests of others are kept.
inline constexpr std::size_t waiting_contents = 64 * 1024 * 1024;

// Study logic

/// How much of a command's cleaned output is recorded, in bytes.
inline constexpr std::size_t recorded_command_output = 1024 * 1024;
/// How many nested shells are followed. A command of a deeper shell ends the innermost known one.
inline constexpr std::size_t shell_depth = 16;
/// How many line ends typed at one prompt are remembered, to find where the command was typed. A command with more
/// lines seems to end at the last of these.
inline constexpr std::size_t remembered_line_ends = 256;
/// How many shells of one task are distinguished.
inline constexpr std::size_t shells = 4096;
/// Bytes between ESC ] and BEL. A longer mark is invalid and is dropped like any other escape sequence.
inline constexpr std::size_t mark = 256 * 1024;
/// After this many bytes, an escape sequence without an end is abandoned, and the following bytes are text.
inline constexpr std::uint64_t escape_sequence = 1024 * 1024;
/// N_TTY_BUF_SIZE, termios(3): the most bytes of a line in the kernel's line editor.
inline constexpr std::size_t kernel_line = 4096;
/// How many typed bytes of one command are kept for the check.
inline constexpr std::size_t typed_text = 64 * 1024;
/// Bytes of a path in a command's output, with quotes and escapes. PATH_MAX of Linux is 4096.
inline constexpr std::size_t listed_path = 4 * 4096;
/// How many words a path has at most that does not begin its line: names may contain spaces.
inline constexpr std::size_t words_of_listed_path = 16;
/// How many directories that a command names may be what its output is relative to.
inline constexpr std::size_t directories_of_command = 64;
/// How many commands that have ended may wait for a check,
inline constexpr std::size_t commands_to_judge = 1000;
/// and how many bytes of their output, unless it is one command's.
inline constexpr std::size_t output_to_judge = 8 * 1024 * 1024;
/// How much memory the judgement of an output needs, as a multiple of its size. Measured: 20, if each line is a letter.
inline constexpr std::size_t judged_output_factor = 32;
/// Bytes that a regular expression of an answer may need.
inline constexpr std::int64_t expression_memory = 8 * 1024 * 1024;
/// Entries of a check's detail.
inline constexpr std::size_t detail_entries = 200;
/// Bytes of a check's detail.
inline constexpr std::size_t detail = 32 * 1024;
/// Bytes of one line in a check's detail.
inline constexpr std::size_t detail_line = 200;
/// Unexpected lines that a check counts.
inline constexpr std::int64_t extra_lines = 999'999;
/// When a task limits the lines of other output, a longer line counts as several lines of this length: otherwise a
/// whole list would fit into one line.
inline constexpr std::size_t bytes_per_line = 200;
/// If at most this many commands that print numbers find a task's answer, `config check` warns about it.
inline constexpr std::int64_t few_guesses = 100;
/// Bytes of a control sequence's parameters that are read.
inline constexpr std::size_t csi_parameters = 16;
/// How many bytes of text without escape sequences are collected before they are passed on.
inline constexpr std::size_t clean_text = 16 * 1024;
/// Typed lines that wait for their echo.
inline constexpr std::size_t echoed_lines = 64;
/// After its prompt has been shown for this long, a shell has read what was typed ahead.
inline constexpr std::chrono::seconds read_ahead{1};
/// Lines of one command that end with a backslash.
inline constexpr std::size_t continued_lines = 4096;
/// Bytes that a slow disk reads in one second: a snapshot's deadline grows with its content.
inline constexpr std::size_t snapshot_in_a_second = 64 * 1024 * 1024;
/// How much content of files that may have any content is read for one check.
inline constexpr std::size_t snapshot_content = 256 * 1024 * 1024;

// The store

/// Records in one transaction. This limits the effect of one failed commit.
inline constexpr std::size_t commit_records = 4096;
/// How long a record waits for others to share its commit. Each commit occupies a core for a millisecond and may delay
/// a keystroke.
inline constexpr std::chrono::milliseconds commit_delay{40};
/// How long a transaction takes records before it is committed.
inline constexpr std::chrono::milliseconds commit_group{10};
/// Bytes of a statement that an error message shows.
inline constexpr std::size_t shown_sql = 160;
/// How often the write-ahead log is synced.
inline constexpr std::chrono::seconds log_sync{1};
/// How long SQLite waits for another program's lock.
inline constexpr std::chrono::milliseconds database_busy{5000};
/// Larger files are not checked completely at the start, because that takes seconds.
inline constexpr std::int64_t checked_database = 64LL * 1024 * 1024;

/// How long a login and its cookie are valid.
inline constexpr std::chrono::days login_lifetime{30};
/// How many logins of one participant are valid at a time. A new one ends the oldest.
inline constexpr int kept_logins = 20;

// The open link

/// Bytes of a participant's external id, and of another parameter that is recorded. Prolific's ids have 24.
inline constexpr std::size_t external_id = 200;
inline constexpr std::size_t entry_parameter = 500;
/// Bytes of all parameters of a link as JSON, recorded or not: a browser's link may have 8 KiB.
inline constexpr std::size_t link_parameters = 16 * 1024;
/// Characters of the key by which a browser that has joined joins again: 128 bits in base64url need 22.
inline constexpr std::size_t shortest_browser_key = 22;
/// How many participants a stage of a study with an open link may have if the configuration sets no limit, so that
/// strangers cannot fill the disk with rows.
inline constexpr int stage_participants = 10'000;
/// Bytes of a new participant's access code before they are written in hexadecimal.
inline constexpr std::size_t joined_code = 20;

// The configuration

/// Size of the largest configuration file, in bytes.
inline constexpr std::size_t config_file = 64 * 1024 * 1024;
/// Size of the largest file with a text, in bytes.
inline constexpr std::size_t text_file = 1024 * 1024;
/// Size of the largest picture in a text, in bytes.
inline constexpr std::size_t picture_file = 5 * 1024 * 1024;
/// Size of all pictures of a study together, in bytes.
inline constexpr std::size_t pictures = 64 * 1024 * 1024;
/// How many names of a folder are compared with the name of a picture that is not there.
inline constexpr std::size_t similar_names = 1000;
/// The deepest nesting of arrays and objects, so that recursion over a value cannot exhaust the stack.
inline constexpr std::size_t config_depth = 200;
/// The most bytes of the files in one archive.
inline constexpr std::size_t archive_file = 256 * 1024 * 1024;
/// The largest file of a configuration whose content the record has; of larger ones it has the hash.
inline constexpr std::size_t recorded_file = 16 * 1024 * 1024;
/// Bytes of what a sandbox says to identify its files.
inline constexpr std::size_t root_digest = 256;
/// The largest file of a plugin that the record identifies by its hash. Those of this project have up to 20 MB, with
/// debugging information.
inline constexpr std::size_t plugin_file = 512 * 1024 * 1024;
/// How many references from schema to schema are followed, so that a cycle ends.
inline constexpr int schema_references = 20;
/// Longer values are not compared with a schema's pattern, because std::regex recurses over them.
inline constexpr std::size_t pattern_text = 1024;
/// Bytes of a plugin's name.
inline constexpr std::size_t plugin_name = 64;
/// Bytes of a section that is read from a plugin's file: its names of sections and of symbols are the largest.
inline constexpr std::size_t plugin_section = 64 * 1024 * 1024;
/// Bytes of what a child process tells about a plugin that it has opened, the plugin's schema in particular.
inline constexpr std::size_t plugin_answer = 16 * 1024 * 1024;
/// How long a plugin's static constructors and a shared object's loading may take. Plugins that load much (libzmq and
/// its libraries) need 30 ms.
inline constexpr std::chrono::seconds plugin_opening{5};
/// How often a worker looks for sandboxes of plugins that are no longer configured. Less than the 10 s within which
/// nothing may be left of a dead worker.
inline constexpr std::chrono::seconds former_backends{4};
/// Figures that one plugin has at /metrics.
inline constexpr std::size_t plugin_figures = 64;
/// Bytes of the name of such a figure, and of its help.
inline constexpr std::size_t plugin_figure_name = 64;
inline constexpr std::size_t plugin_figure_help = 200;
/// Bytes of the name of a plugin that `tellina plugins new` writes.
inline constexpr std::size_t new_plugin_name = 40;
/// Bytes of a value that an error message quotes.
inline constexpr std::size_t quoted_text = 60;
/// Bytes of a word for which an error message suggests another.
inline constexpr std::size_t corrected_word = 100;
/// In bytes: the limit of a login, and of the column in the store.
inline constexpr std::size_t access_code = 100;

// The self-test

/// How long the whole scenario may take, and how long one request to a worker.
inline constexpr std::chrono::seconds self_test_play{20};
inline constexpr std::chrono::seconds self_test_reply{3};
/// How many of the worker's warnings and errors the report shows. More would only hide the first ones.
inline constexpr std::size_t self_test_log_lines = 20;
/// Bytes of output that a failed step shows.
inline constexpr std::size_t self_test_output = 400;

// Relations

static_assert(output_piece + pty_read <= frame_payload, "a piece of output with one more read fits into a frame");
static_assert(frame_payload <= input_window, "one frame fits into the window");
static_assert(input_commit < input_window, "input is committed before the window is full");
static_assert(acknowledged_at_once < input_window, "a client gets an acknowledgement before its window is full");
static_assert(output_window < unrecorded_output, "a full window stops the pty before the record does");
static_assert(output_commit < unrecorded_output && unrecorded_lengths < unrecorded_output,
              "output is committed before the pty stops for it");
static_assert(unrecorded_output + frame_payload + last_output < take_over_jump,
              "unrecorded output is less than the jump after a worker's death");
static_assert(unrecorded_output < replay_buffer && take_over_jump < replay_buffer,
              "the replay buffer covers everything that a client can lack");
static_assert(unacknowledged_output < output_window && frame <= client_read, "a client acknowledges in time");
static_assert(client_input >= input_window, "a client keeps what the server may ask for again");
static_assert(timezone <= client_name && request_id < frame && token < http_handshake,
              "names fit into what carries them");
static_assert(task_number <= counted_lines && counted_lines <= std::numeric_limits<int>::max(), "counts are ints");
static_assert(first_restart_delay * (1 << (failed_starts - 2)) < failed_start_time,
              "no delay of a restart is longer than a failed start");
static_assert(lease > 2 * lease_renewal, "a renewal may fail once before the lease expires");
static_assert(slow_renewal + 2 * lease_renewal < lease, "a worker knows that it is not steady before a lease lapses");
static_assert(steady_renewals >= lease + 2 * lease_renewal,
              "every worker has tried to renew before another takes its leases");
static_assert(gateway_silence > lease && gateway_end > gateway_silence,
              "a session outlives a short absence of its gateway");
static_assert(processes_stop < server_stop && lanes_stop + last_handlers <= processes_stop,
              "the parts of a stop fit into its total");
static_assert(verdict < check_grace, "a verdict is final within the grace");
static_assert(missed_heartbeats * heartbeat > lease + steady_renewals,
              "the sessions of a hanging worker have another owner before it is killed");
static_assert(refusals_at_once > free_connections_share && participant_connections > 1,
              "a page can reconnect while its old connection ends");
static_assert(sandbox_descriptors < reserved_descriptors, "a sandbox can be started from the reserve");
static_assert(check_grace < sandbox_removal && command_status >= check_grace, "a task ends in this order");
static_assert(kernel_line < typed_text && mark < escape_sequence, "text is kept longer than its parts");
static_assert(detail_line < detail && detail <= frame_payload, "a check's detail fits into a frame");
static_assert(extra_lines <= std::numeric_limits<int>::max(), "counts are ints");
static_assert(shortest_start < quick_start && quick_start < longest_start, "the bounds of a start are in order");
static_assert(start_threads <= slow_start_threads, "starts that wait for other machines have more threads");
static_assert(kept_sandbox < abandoned_start && start_progress_interval < shortest_start,
              "a page that is reloaded during a start finds it again, and sees how far it is");
static_assert(start_progress < frame_payload, "a sentence fits into a frame");
static_assert(participant_sandboxes >= 3, "a reset can begin while an earlier sandbox is being removed");
static_assert(frame_credit + largest_text_frame_units <= frame_window,
              "a text frame fits into the window beside the credit that the worker has not yet returned");
static_assert(0 < binary_frame_units && binary_frame_units <= smallest_text_frame_units &&
                  smallest_text_frame_units <= largest_text_frame_units && largest_text_frame_units <= frame_credit,
              "a portion of credit is for at least one frame");
static_assert(recorded_frame_units <= control_units_in_a_second / 10 && control_burst >= control_units_in_a_second,
              "one frame delays the next by a tenth of a second at most");
static_assert(observation_burst <= control_burst, "a page that reconnects sends what it has kept at full speed");
static_assert(login_burst <= kept_logins && longest_login_pause > login_interval,
              "nobody loses a login to a burst of their own, and the next login after it has only to wait");
static_assert(full_speed_input > input_window && slow_input_in_a_second <= slow_output_in_a_second,
              "input is slowed after a full window, and less of it is recorded than of output");
static_assert(clean_text < recorded_command_output, "text is passed on long before the record is full");
static_assert(commit_group < commit_delay, "a group is committed before its next records are due");
static_assert(commit_delay < lease_renewal && database_busy > lease, "commits are far more frequent than renewals");
static_assert(new_plugin_name < plugin_name, "a plugin that the command writes can be loaded");
static_assert(fault_log_interval > log_interval, "an outage has many sessions that report it again and again");
static_assert(former_backends < plugin_opening, "a plugin that hangs is noticed before the next look");
static_assert(plugin_answer < plugin_section, "a schema is in a section of its file");
static_assert(self_test_play + 3 * self_test_reply < std::chrono::seconds(30), "a browser waits 30 s for a self-test");
static_assert(picture_file <= served_file, "a picture is sent like a static file");
static_assert(picture_file <= pictures && pictures <= kept_pictures / 2,
              "a gateway keeps all pictures of a study, and those of the study before a reload");
static_assert(2 * joined_code <= access_code && joined_code >= 16, "a code for the open link has 128 bits or more");
static_assert(shortest_browser_key < token && external_id <= entry_parameter && entry_parameter < link_parameters,
              "what the open link records fits into its request");
static_assert(joins_per_address < joins_per_site && joins_per_site < joins_per_provider &&
                  joins_per_provider < stage_participants,
              "larger networks may have more participants, and no network all of them at once");
static_assert(text_file <= recorded_file && recorded_file < archive_file, "the record has the content of every text");
static_assert(access_code <= client_name, "a code fits where a client sends a name");
static_assert(kept_content <= whole_home && whole_home < grown_home, "a home that is read whole may grow by a file");
static_assert(content_commit <= kept_content && grown_home <= waiting_contents, "a home's contents can wait together");

}  // namespace tellina::limits
