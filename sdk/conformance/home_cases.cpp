/// The content of a home, and what a snapshot reports of it.

#include <fcntl.h>

#include "sandbox_cases.hpp"

namespace tellina::conformance {
namespace {

WallTime at(std::int64_t seconds, std::int64_t nanoseconds) {
  return WallTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

/// Every attribute that was set must be returned unchanged, and all others must be present.
void compare(const FileNode& wanted, const FileNode& got, const std::string& path) {
  expect_equal("kind of " + path, static_cast<std::uint64_t>(wanted.kind), static_cast<std::uint64_t>(got.kind));
  expect(got.mode && got.modified_at && got.owner, "mode, time and owner of " + path, "not all of them");
  expect_equal("owner of " + path, "me", *got.owner);
  if (wanted.kind != FileKind::symlink) {
    const std::uint32_t standard = wanted.kind == FileKind::directory ? 0755 : 0644;
    expect_equal("mode of " + path, wanted.mode.value_or(standard), *got.mode);
  }
  if (wanted.modified_at)
    expect(got.modified_at == wanted.modified_at, "the time that was set for " + path, "another time");
  expect_equal("target of " + path, wanted.target, got.target);
  if (wanted.content) expect_equal("content of " + path, *wanted.content, got.content.value_or("(none)"));
  if (wanted.kind == FileKind::regular) expect_equal("size of " + path, wanted.size.value_or(0), got.size.value_or(0));
  expect_equal("entries of " + path, wanted.children.size(), got.children.size());
  for (const auto& [name, child] : wanted.children) compare(child, child_of(got, name), path + "/" + name);
}

SandboxSpec varied_spec(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  FileNode& root = spec.initial.root;
  root.children["empty"] = FileNode::regular("");
  root.children["odd\n\xff -rf $(x) '"] = FileNode::regular(Bytes("a\0b\n\xfe", 5));
  root.children[".hidden"] = FileNode::regular("h");
  root.children[std::string(255, 'n')] = FileNode::regular("a long name");
  root.children["large"] = FileNode::regular(Bytes(300'000, 'x'));
  FileNode sized(FileKind::regular);
  sized.size = 12'345;
  sized.mode = 0600;
  root.children["sized"] = sized;
  root.children["link"] = FileNode::symlink("../../etc/passwd");
  root.children["dangling"] = FileNode::symlink("nowhere \xff");
  FileNode folder = FileNode::directory();
  folder.mode = 0711;
  folder.modified_at = at(1'600'000'000, 999'999'999);
  folder.children["run"] = FileNode::regular("#!/bin/sh\n");
  folder.children["run"].mode = 0755;
  folder.children["run"].modified_at = at(1'500'000'000, 500);
  root.children["folder"] = folder;
  FileNode* deep = &root;
  for (int depth = 0; depth < 30; ++depth) deep = &deep->children.emplace("d", FileNode::directory()).first->second;
  return spec;
}

void home_is_in_place_at_start(Probe& probe) {
  SandboxSpec spec = make_spec(probe);
  FileNode folder = FileNode::directory();
  folder.children["page"] = FileNode::regular("hello\n");
  folder.children["page"].mode = 0640;
  spec.initial.root.children["site"] = folder;
  spec.initial.root.children["link"] = FileNode::symlink("site/page");
  RunningSandbox running(probe, spec);
  expect_equal("the shell's view of its home", "hello\n640\nsite/page\n",
               running.driver().output_of("cat ~/link; stat -c %a ~/site/page; readlink ~/link"));
  expect_equal("the owner, by `test -O`", 0,
               static_cast<std::uint64_t>(running.driver().run("test -O ~ -a -O ~/site/page -a -w ~").status));
}

void snapshot_round_trips_the_tree(Probe& probe) {
  const SandboxSpec spec = varied_spec(probe);
  RunningSandbox running(probe, spec);
  const FileTree tree = running.snapshot();
  compare(spec.initial.root, tree.root, "~");
  expect(!tree.truncated && !tree.raced, "a complete snapshot", "one that says truncated or raced");
  expect_equal("content of a file of 12345 NUL bytes", Bytes(12'345, '\0'),
               child_of(tree.root, "sized").content.value_or("(none)"));
}

void snapshot_sees_the_work(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run(
      "mkdir -p a/b && echo hi > a/b/c && ln -s /etc/passwd a/l && chmod 600 a/b/c && touch -d @1500000000 a/b/c");
  const FileTree tree = running.snapshot();
  const FileNode& a = child_of(tree.root, "a");
  const FileNode& c = child_of(child_of(a, "b"), "c");
  expect_equal("content", "hi\n", c.content.value_or("(none)"));
  expect_equal("mode", 0600, c.mode.value_or(0));
  expect(c.modified_at == at(1'500'000'000, 0), "the time that `touch -d` set", "another time");
  expect_equal("owner", "me", c.owner.value_or("(none)"));
  expect_equal("target", "/etc/passwd", child_of(a, "l").target);
}

void snapshot_follows_no_link(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run(
      "ln -s / root; ln -s /etc/passwd file; ln -s ../../.. up; ln -s loop loop; mkdir d; ln -s .. d/up");
  const FileTree tree = running.snapshot();
  for (const char* name : {"root", "file", "up", "loop"}) {
    const FileNode& link = child_of(tree.root, name);
    expect(link.kind == FileKind::symlink && link.children.empty() && !link.content,
           std::string("the link ") + name + " as a link", "its target");
  }
  expect(child_of(child_of(tree.root, "d"), "up").kind == FileKind::symlink, "the link d/up as a link", "another kind");
}

void snapshot_never_blocks(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("mkfifo fifo; mkdir d; chmod 0 d");
  const auto began = std::chrono::steady_clock::now();
  const FileTree tree = running.snapshot();
  expect(child_of(tree.root, "fifo").kind == FileKind::other, "a FIFO as an entry of another kind", "something else");
  expect_equal("mode of an unreadable folder", 0, child_of(tree.root, "d").mode.value_or(1));
  expect(std::chrono::steady_clock::now() - began < std::chrono::seconds(4), "an answer by the deadline of 2 s",
         "later");
}

void snapshot_keeps_its_limits(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run(
      "mkdir d; for i in {1..50}; do echo $i > d/$i; done; mkdir -p 1/2/3/4/5; head -c 5000 /dev/zero > z");
  SnapshotRequest few;
  few.max_entries = 10;
  expect(running.sandbox().snapshot(few).truncated, "truncated with max_entries 10 of more than 50", "a complete tree");
  SnapshotRequest shallow;
  shallow.max_depth = 2;
  expect(running.sandbox().snapshot(shallow).truncated, "truncated with max_depth 2 of 5", "a complete tree");
  SnapshotRequest little;
  little.max_content_in_all = 100;
  expect(running.sandbox().snapshot(little).truncated, "truncated with max_content_in_all 100", "a complete tree");
  SnapshotRequest small;
  small.max_content_per_file = 4999;
  const FileTree tree = running.sandbox().snapshot(small);
  const FileNode& large = child_of(tree.root, "z");
  expect(!large.content, "no content of a file over max_content_per_file", "some");
  expect_equal("size of a file over max_content_per_file", 5000, large.size.value_or(0));
}

void snapshot_works_after_the_end(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("echo kept > file");
  running.end_shell("exit");
  const FileTree tree = running.snapshot();
  expect_equal("content of a file after the shell has ended", "kept\n",
               child_of(tree.root, "file").content.value_or("(none)"));
}

void snapshot_tolerates_changes(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().type(
      "bash -c 'echo go\"\"ing; while :; do mkdir a; ln -sfn / a/l; echo x > a/f; mv a b; rm -rf b; done' "
      "2>/dev/null\n");
  running.driver().read_until("going");
  for (int round = 0; round < 30; ++round) {
    for (const auto& [name, node] : running.snapshot().root.children) {
      expect(name == "a" || name == "b", "entries of the home only", show(name));
      expect(node.children.size() <= 2, "entries of the home only", show(node.children.size()) + " in " + name);
    }
  }
  running.driver().type("\x03");
}

void refuse(Probe& probe, SandboxBackend& backend, const SandboxSpec& spec, const std::string& what, bool seed) {
  try {
    const auto sandbox = backend.start(spec);
    if (sandbox) sandbox->destroy();
  } catch (const Error& error) {
    expect(!seed || error.code() == ErrorCode::seed_failed, "Error(seed_failed) for " + what, describe_exception());
    const Processes left = processes_with_mark(probe.mark());
    expect(left.empty(), "that a failed start leaves no process", describe(left));
    return;
  }
  throw Failure("expected start() to throw for " + what + ", found that it started");
}

void failed_start_leaves_nothing(Probe& probe) {
  const auto backend = make_usable_backend(probe);
  SandboxSpec spec = make_spec(probe);
  spec.initial.root.children["dir"] = FileNode::directory();
  spec.initial.root.children["dir"].children["a/b"] = FileNode::regular("");
  refuse(probe, *backend, spec, "a file name with a slash", true);
  spec = make_spec(probe);
  spec.initial.root.children[".."] = FileNode::directory();
  refuse(probe, *backend, spec, "a folder named \"..\"", true);
  spec = make_spec(probe);
  spec.working_directory = "~/nowhere";
  refuse(probe, *backend, spec, "a working directory that does not exist", false);
}

void snapshot_has_the_wanted_content(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("mkdir d d/e; echo one > a; echo two > d/e/b; echo three > d/c; ln -s a l");
  SnapshotRequest request;
  request.content_of = {"a", "d/e/b", "none", "l"};
  const FileTree tree = running.sandbox().snapshot(request);
  const FileNode& folder = child_of(tree.root, "d");
  expect_equal("content of a wanted file", "one\n", child_of(tree.root, "a").content.value_or("(none)"));
  expect_equal("content of a wanted file in a folder", "two\n",
               child_of(child_of(folder, "e"), "b").content.value_or("(none)"));
  const FileNode& other = child_of(folder, "c");
  expect_equal("size of a file whose content is not wanted", 6, other.size.value_or(0));
  expect(other.mode && other.modified_at && other.owner, "all other attributes of a file whose content is not wanted",
         "fewer");
  expect_equal("target of a link", "a", child_of(tree.root, "l").target);
}

void unchanged_means_equal(Probe& probe) {
  RunningSandbox running(probe);
  running.driver().run("echo aaaa > file; touch -d @1000 file .");
  SnapshotRequest request;
  const FileTree first = running.sandbox().snapshot(request);
  expect(!first.unchanged, "a snapshot as the answer to a request without a version", "that nothing has changed");
  expect(first.version.size() <= 64, "a version of at most 64 bytes", show(first.version.size()));
  if (first.version.empty()) throw Skip("its snapshots have no versions");
  request.unless = first.version;
  const FileTree again = running.sandbox().snapshot(request);
  expect_equal("the version of a home that has not changed", first.version, again.version);
  // The same size and the same times.
  running.driver().run("echo bbbb > file; touch -d @1000 file .");
  const FileTree changed = running.sandbox().snapshot(request);
  expect(!changed.unchanged, "a snapshot after a file got another content of the same size and time",
         "that nothing has changed");
  expect_equal("content of that file", "bbbb\n", child_of(changed.root, "file").content.value_or("(none)"));
}

}  // namespace

void add_home_cases(std::vector<Case>& cases) {
  cases.insert(
      cases.end(),
      {{"HomeIsInPlaceAtStart", "When start() returns, the initial tree is the shell's home, and the shell owns it.",
        home_is_in_place_at_start},
       {"SnapshotRoundTripsTheTree", "A snapshot returns the initial tree with all attributes, octet for octet.",
        snapshot_round_trips_the_tree},
       {"SnapshotSeesTheWork", "A snapshot shows changes that were made in the shell.", snapshot_sees_the_work},
       {"SnapshotFollowsNoLink", "A snapshot shows links as links, never their targets.", snapshot_follows_no_link},
       {"SnapshotNeverBlocks", "A snapshot does not wait for a FIFO and does not fail at an unreadable folder.",
        snapshot_never_blocks},
       {"SnapshotKeepsItsLimits", "A snapshot respects the limits of its request and sets truncated.",
        snapshot_keeps_its_limits},
       {"SnapshotHasTheWantedContent",
        "A snapshot has the content of the files in content_of; others may lack only it.",
        snapshot_has_the_wanted_content},
       {"UnchangedMeansEqual", "A snapshot is unchanged only if it would equal the one of the version `unless`.",
        unchanged_means_equal},
       {"SnapshotWorksAfterTheEnd", "A snapshot can be taken after the shell has ended.", snapshot_works_after_the_end},
       {"SnapshotToleratesChanges", "A snapshot of a home that changes meanwhile shows only the home.",
        snapshot_tolerates_changes},
       Case("FailedStartLeavesNothing", "start() throws for an impossible tree or folder, and leaves nothing behind.",
            failed_start_leaves_nothing)
           .provoking()});
}

}  // namespace tellina::conformance
