// The cost of each stage of a keystroke. Uses the built plugins, loaded as the host does.

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "host/plugins/registry.hpp"
#include "host/runtime/system.hpp"
#include "host/session/input_stream.hpp"
#include "host/session/output_buffer.hpp"
#include "host/store/process_identity.hpp"
#include "host/store/store.hpp"
#include "host/study/shell_marks.hpp"
#include "host/study/snapshot_limits.hpp"
#include "host/study/tree_compare.hpp"
#include "host/study/tree_listing.hpp"
#include "host/text/sha256.hpp"
#include "host/wire/client_frames.hpp"
#include "plugins/channel_common/message_codec.hpp"
#include "plugins/sandbox_common/control_client.hpp"
#include "plugins/sandbox_common/home_tree.hpp"
#include "plugins/sandbox_common/tree_codec.hpp"
#include "support/places.hpp"
#include "support/virtual_loop.hpp"

namespace tellina {
namespace {

class SilentLog final : public Log {
 public:
  void write(LogLevel, std::string_view) override {}
};

/// An empty section, and the other parts of a plugin's context.
class PluginHost {
 public:
  SilentLog log;
  testing::VirtualClock clock;
  testing::SeededRandom random;
  PluginRegistry registry{{plugin_folder()}};
  PluginContext context{Config(), log, clock, random};
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    if (!mkdtemp(m_path.data())) throw std::runtime_error("mkdtemp failed");
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  const std::string& path() const { return m_path; }

 private:
  std::string m_path = (std::filesystem::temp_directory_path() / "tellina_bench_XXXXXX").string();
};

class CountingListener final : public ScannerListener {
 public:
  void on_text(BytesView text) override { bytes += text.size(); }
  void on_mark(const ShellMark&) override {}
  std::size_t bytes = 0;
};

void scan(benchmark::State& state, const Bytes& line) {
  Bytes output;
  while (output.size() < 64 * 1024) output += line;
  OutputScanner scanner("nonce", 0);
  CountingListener listener;
  for (auto _ : state) scanner.feed(output, listener);
  benchmark::DoNotOptimize(listener.bytes);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * output.size()));
}
void scan_long_lines(benchmark::State& state) { scan(state, Bytes(78, 'x') + "\r\n"); }
void scan_short_lines(benchmark::State& state) { scan(state, "y\r\n"); }
BENCHMARK(scan_long_lines);
BENCHMARK(scan_short_lines);

void memory_layer_message(benchmark::State& state) {
  PluginHost host;
  const auto layer = host.registry.make_channel_layer("memory", host.context);
  const ChannelName channel("worker.bench");
  std::uint64_t received = 0;
  const auto subscription = layer->receive(channel, [&](Message message) { received += message.body.size(); });
  const std::string connection = "c-0123456789abcdef";
  Sequence sequence = 0;
  for (auto _ : state) layer->send(channel, Message(MessageKind::data, connection, sequence++, Bytes(9, 'k')));
  if (received != 9 * sequence) state.SkipWithError("messages were lost");
}
BENCHMARK(memory_layer_message);

void encode_and_decode_message(benchmark::State& state) {
  const Message key(MessageKind::data, "c-0123456789abcdef", 12345, Bytes(9, 'k'));
  Bytes wire;
  for (auto _ : state) {
    wire.resize(codec::encoded_size(key));
    codec::encode_message(key, wire.data());
    benchmark::DoNotOptimize(codec::decode_message(wire));
  }
}
BENCHMARK(encode_and_decode_message);

void gate_message(benchmark::State& state, const char* name) {
  PluginHost host;
  const auto policy = host.registry.make_ordering_policy(name, host.context);
  const auto gate = policy->open_gate();
  Sequence sequence = 0;
  for (auto _ : state) {
    gate->arrive(sequence, sequence == 0 ? MessageKind::connect : MessageKind::data);
    if (gate->next() != sequence) state.SkipWithError("the gate holds back a message that is in order");
    gate->finish(sequence++);
  }
}
BENCHMARK_CAPTURE(gate_message, strict, "strict");
BENCHMARK_CAPTURE(gate_message, slight, "slight");

void input_key(benchmark::State& state) {
  InputStream stream;
  std::uint64_t offset = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stream.receive(offset++, "k"));
}
BENCHMARK(input_key);

void output_append(benchmark::State& state) {
  OutputBuffer buffer;
  const Bytes piece(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) buffer.append(piece);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * piece.size()));
}
BENCHMARK(output_append)->Arg(1)->Arg(4095);

void control_frame(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(decode_client_frame(R"({"type":"ack","output_offset":1234567})"));
}
BENCHMARK(control_frame);

/// `range` bytes of input and of output each, up to the commit. One commit contains as many as arrive within 40 ms.
void record_input_and_output(benchmark::State& state) {
  const TemporaryFolder folder;
  PluginHost host;
  const auto store = Store::open(folder.path() + "/db.sqlite3", host.clock, host.log);
  const Timestamp at(host.clock);
  Fence fence;
  TaskSessionId session{};
  store->run([&](StoreTransaction& transaction) {
    transaction.register_worker(identify_this_process("worker"), at);
    transaction.add_participant("bob", at);
    fence = transaction.acquire_lease(*transaction.find_participant("bob"), "worker", at).fence;
    session = transaction.begin_task_session(fence, 1, "stdout", "stream", "sandbox", at).id;
  });
  const Bytes piece(static_cast<std::size_t>(state.range(0)), 'k');
  std::uint64_t offset = 0;
  for (auto _ : state) {
    store->submit_deferred(
        [&, offset](StoreTransaction& transaction) {
          transaction.append(fence, session, {InputRecord(offset, piece, at), OutputRecord(offset, piece, at)});
        },
        [&](const std::exception_ptr& error) {
          if (error) state.SkipWithError("the store refused a record");
        });
    offset += piece.size();
  }
  store->run([](StoreTransaction&) {});
  state.SetBytesProcessed(static_cast<std::int64_t>(2 * offset));
}
// The loop only submits. A fixed count keeps the queue short; the time includes writing everything.
BENCHMARK(record_input_and_output)->Arg(1)->Arg(4095)->Iterations(5000)->UseRealTime();

void snapshot_10000_entries(benchmark::State& state) {
  const TemporaryFolder folder;
  for (int i = 0; i < 100; ++i) {
    const std::string path = folder.path() + "/folder" + std::to_string(i);
    std::filesystem::create_directory(path);
    for (int j = 0; j < 99; ++j) std::ofstream(path + "/file" + std::to_string(j)) << "content";
  }
  const Descriptor home(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const home_tree::Limits limits{20'000, 256, 1 << 20, 64 << 20, 10'000};
  for (auto _ : state) {
    const Descriptor tree = sandbox_common::make_memory_file("snapshot");
    home_tree::Outcome outcome;
    if (home_tree::read(home.get(), tree.get(), limits, {}, {}, outcome) != 0 || outcome.truncated) {
      state.SkipWithError("the home was not read whole");
    }
  }
}
BENCHMARK(snapshot_10000_entries)->Unit(benchmark::kMillisecond);

FileTree tree_of(int entries) {
  FileTree tree;
  for (int i = 0; i < entries / 100; ++i) {
    FileNode& folder = tree.root.children["folder" + std::to_string(i)];
    for (int j = 0; j < 99; ++j) folder.children["file" + std::to_string(j)] = FileNode::regular("content");
  }
  return tree;
}

void compare_10000_entries(benchmark::State& state) {
  const FileTree tree = tree_of(10'000);
  for (auto _ : state) benchmark::DoNotOptimize(compare_trees(tree, tree, tree).passed);
}
BENCHMARK(compare_10000_entries)->Unit(benchmark::kMillisecond);

/// A check as a worker and its plugin make it, from the request to the verdict. The home is the initial one with a new
/// file, and the answer names the content of one file.
void check_a_home(benchmark::State& state) {
  enum Request { everything, compared_only, unchanged };
  const TemporaryFolder folder;
  const auto files = static_cast<int>(state.range(1));
  FileTree initial;
  for (int i = 0; i < files; ++i) {
    const std::string name = "file" + std::to_string(i);
    const Bytes content(static_cast<std::size_t>(state.range(2)), 'x');
    std::ofstream(folder.path() + "/" + name) << content;
    initial.root.children[name] = FileNode(FileKind::regular);
  }
  FileTree answer = initial;
  answer.root.children["answer"] = FileNode::regular("42");
  const Descriptor home(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  SystemClock clock;
  SnapshotRequest request = snapshot_request_for(answer);
  request.max_content_per_file = 1024 * 1024;
  if (state.range(0) == everything) request.content_of.reset();
  const sandbox_common::Deadline deadline(clock, std::chrono::hours(1), nullptr);
  if (state.range(0) == unchanged) request.unless = sandbox_common::read_home_directly(home, request, deadline).version;
  for (auto _ : state) {
    const FileTree found = sandbox_common::read_home_directly(home, request, deadline);
    if (found.truncated || found.raced || found.unchanged != (state.range(0) == unchanged)) {
      state.SkipWithError("the home was not read whole");
    }
    if (!found.unchanged) benchmark::DoNotOptimize(compare_trees(initial, answer, found).passed);
  }
}
BENCHMARK(check_a_home)
    ->ArgNames({"request", "files", "bytes"})
    ->ArgsProduct({{0, 1, 2}, {20}, {100}})
    ->ArgsProduct({{0, 1, 2}, {10'000}, {100}})
    ->ArgsProduct({{0, 1, 2}, {200}, {256 * 1024}})
    ->Unit(benchmark::kMicrosecond);

/// What the record of the files adds to a check after a command that changed one of them: contents are read, the home
/// is listed, and the listing is compared with the one before.
void record_a_state(benchmark::State& state) {
  const TemporaryFolder folder;
  const auto files = static_cast<int>(state.range(0));
  for (int i = 0; i < files; ++i) {
    std::ofstream(folder.path() + "/file" + std::to_string(i)) << Bytes(static_cast<std::size_t>(state.range(1)), 'x');
  }
  const Descriptor home(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  SystemClock clock;
  const sandbox_common::Deadline deadline(clock, std::chrono::hours(1), nullptr);
  const FileTree at_start = sandbox_common::read_home_directly(home, SnapshotRequest(), deadline);
  const StartTimes times = start_times_of(at_start);
  TreeListing before = list_tree(at_start, times, nullptr);
  int command = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::ofstream(folder.path() + "/file0") << ++command;
    state.ResumeTiming();
    const FileTree found = sandbox_common::read_home_directly(home, SnapshotRequest(), deadline);
    TreeListing listing = list_tree(found, times, &before);
    benchmark::DoNotOptimize(sha256(listing.text()));
    if (listed_changes(before, listing).count != 1) state.SkipWithError("expected one change");
    before = std::move(listing);
  }
}
BENCHMARK(record_a_state)
    ->ArgNames({"files", "bytes"})
    ->Args({100, 1000})
    ->Args({100, 10'000})
    ->Args({2000, 1000})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tellina

BENCHMARK_MAIN();
