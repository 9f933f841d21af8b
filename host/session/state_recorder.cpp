#include "host/session/state_recorder.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/study/home_state.hpp"
#include "host/study/snapshot_limits.hpp"
#include "host/text/sha256.hpp"

namespace tellina {
namespace {

std::uint64_t content_size_of(const FileNode& node) {
  std::uint64_t size = node.content ? node.content->size() : 0;
  for (const auto& [name, child] : node.children) size += content_size_of(child);
  return size;
}

SnapshotRequest request_at_start(const Task& task) {
  if (task.type == TaskType::filesystem) return snapshot_request_for(task.filesystem_answer, task.root);
  SnapshotRequest request;
  request.max_content_per_file = 0;
  request.content_of.emplace();
  return request;
}

}  // namespace

StateRecorder::StateRecorder(SessionEnvironment& environment, SessionLoop& loop, Recorder& recorder,
                             std::shared_ptr<const Study> study, int task_number, Callbacks callbacks)
    : m_environment(environment),
      m_loop(loop),
      m_recorder(recorder),
      m_study(std::move(study)),
      m_task_number(task_number),
      m_callbacks(std::move(callbacks)),
      m_is_on(environment.contents && has_states(task())),
      m_content_size(m_is_on ? content_size_of(task().initial.root) : 0) {
  check_invariant();
}

void StateRecorder::use(const std::shared_ptr<SandboxHandle>& sandbox, bool is_fresh) {
  if (!m_is_on) return;
  const InvariantScope invariant(*this);
  m_lifeline.cut();
  auto chain = std::make_shared<Chain>(*m_chain);
  chain->start.reset();
  chain->seen.reset();
  m_chain = std::move(chain);
  m_is_uncertain = m_has_passed = false;
  m_ended.reset();
  if (!sandbox || !is_fresh) return;
  m_ended = m_last_number;
  m_begun_at_end = m_callbacks.commands_begun();
  const std::shared_ptr<Look> look = begin();
  const auto verdict = std::make_shared<std::optional<Progress>>();
  const SnapshotRequest narrow = request_at_start(task());
  SnapshotRequest wide = widened(narrow);
  const std::size_t memory = memory_for(wide);
  sandbox->inspect(
      [look, verdict, narrow, wide = std::move(wide), study = m_study, &task = task()](Sandbox& inspected) {
        FileTree home = inspected.snapshot(wide);
        if (home.truncated) home = inspected.snapshot(narrow);
        if (!home.truncated) *verdict = verdict_at_start(task, home);
        look->see(home);
      },
      m_loop.guarded(m_lifeline.guarded([this, look, verdict](const std::exception_ptr& error) {
        if (!error) finish(look, *verdict);
      })),
      memory);
}

void StateRecorder::command_ended(std::int64_t number) {
  if (!m_is_on) return;
  m_ended = m_last_number = number;
  m_begun_at_end = m_callbacks.commands_begun();
}

SnapshotRequest StateRecorder::widened(const SnapshotRequest& narrow) const {
  if (!m_is_on || m_content_size > limits::whole_home) return narrow;
  SnapshotRequest wide;
  wide.max_entries = narrow.max_entries;
  wide.max_depth = narrow.max_depth;
  wide.deadline = narrow.deadline;
  wide.max_content_per_file = std::max(narrow.max_content_per_file, limits::kept_content);
  wide.max_content_in_all = narrow.max_content_in_all - SnapshotRequest().max_content_in_all + limits::grown_home;
  return wide;
}

std::shared_ptr<StateRecorder::Look> StateRecorder::begin() const {
  if (!m_is_on) return nullptr;
  return std::make_shared<Look>(m_chain, m_study, task(), Timestamp(m_loop.clock()));
}

void StateRecorder::finish(const std::shared_ptr<Look>& look, const std::optional<Progress>& verdict) {
  if (!look || !look->m_listing) return;
  const InvariantScope invariant(*this);
  TELLINA_ASSERT(m_is_on);
  if (look->m_chain != m_chain) return;
  keep_contents(*look);
  if (is_due(*look, verdict)) record(*look, verdict);
  m_content_size = look->m_listing->content_size;
  m_chain->start = look->m_start;
  m_chain->seen = look->m_listing;
}

bool StateRecorder::is_due(const Look& look, const std::optional<Progress>& verdict) const {
  if (m_ended || m_is_uncertain) return true;
  const bool passes = verdict && verdict->passed;
  return (passes && !m_has_passed) || look.m_sha256 != m_chain->recorded_sha256;
}

void StateRecorder::record(const Look& look, const std::optional<Progress>& verdict) {
  const std::int64_t begun = m_callbacks.commands_begun();
  StateRecord state;
  state.command_number = m_ended ? *m_ended : std::max(begun, m_last_number);
  state.tree_sha256 = look.m_sha256;
  if (look.m_changes) {
    state.changes = look.m_changes->json;
    state.changed_entries = look.m_changes->count;
  }
  state.is_truncated = look.m_listing->is_truncated;
  state.has_raced = look.m_has_raced || (m_ended ? begun != m_begun_at_end : m_callbacks.command_runs());
  if (verdict) {
    state.verdict = verdict;
    state.distance = distance_of(task(), *verdict);
  }
  state.at = look.m_at;
  m_recorder.add(std::move(state));
  m_ended.reset();
  m_is_uncertain = look.m_has_raced;
  m_has_passed = verdict && verdict->passed;
  m_chain->recorded = look.m_listing;
  m_chain->recorded_sha256 = look.m_sha256;
}

void StateRecorder::keep_contents(Look& look) {
  ContentQueue& queue = *m_environment.contents;
  const auto keep = [&queue](SharedContent& content) {
    if (!queue.has_room_for(content.bytes->size())) return false;
    queue.add(std::move(content));
    return true;
  };
  for (SharedContent& content : look.m_initial_contents) keep(content);
  for (SharedContent& content : look.m_new_contents) {
    const std::size_t size = content.bytes->size();
    if (size <= m_environment.state_content - std::min(m_kept, m_environment.state_content) && keep(content)) {
      m_kept += size;
    }
  }
}

void StateRecorder::check_invariant() const {
  TELLINA_ASSERT(m_chain);
  TELLINA_ASSERT(m_task_number >= 1 && static_cast<std::size_t>(m_task_number) <= m_study->tasks.size());
  TELLINA_ASSERT(m_is_on || (!m_chain->seen && !m_chain->recorded));
  TELLINA_ASSERT((m_chain->recorded != nullptr) == !m_chain->recorded_sha256.empty());
  TELLINA_ASSERT(!m_chain->seen || m_chain->start);
}

void StateRecorder::Look::see(FileTree& home) {
  list(home);
  take_contents("", home.root, &m_task.initial.root, false);
}

void StateRecorder::Look::see_and_keep(FileTree& home) {
  list(home);
  take_contents("", home.root, &m_task.initial.root, true);
}

void StateRecorder::Look::list(const FileTree& home) {
  TELLINA_ASSERT(!m_listing);
  m_has_raced = home.raced;
  m_start = m_chain->start ? m_chain->start : std::make_shared<const StartTimes>(start_times_of(home));
  m_listing = std::make_shared<const TreeListing>(list_tree(home, *m_start, m_chain->seen.get()));
  const std::string text = m_listing->text();
  m_sha256 = sha256(text);
  if (!m_chain->recorded) {
    SharedContent listing;
    listing.sha256 = m_sha256;
    listing.bytes = std::make_shared<const Bytes>(text);
    m_initial_contents.push_back(std::move(listing));
  }
  compare();
}

void StateRecorder::Look::see_unchanged() {
  if (!m_chain->seen) return;
  m_start = m_chain->start;
  m_listing = m_chain->seen;
  m_sha256 = m_listing == m_chain->recorded ? m_chain->recorded_sha256 : sha256(m_listing->text());
  compare();
}

void StateRecorder::Look::compare() {
  if (!m_chain->recorded) return;
  if (m_sha256 == m_chain->recorded_sha256) {
    m_changes.emplace();
  } else {
    m_changes = listed_changes(*m_chain->recorded, *m_listing);
  }
}

/// `initial`: the directory in the task's initial tree, or null. `keeps`: whether the nodes keep their contents.
void StateRecorder::Look::take_contents(const std::string& prefix, FileNode& directory, const FileNode* initial,
                                        bool keeps) {
  for (auto& [name, node] : directory.children) {
    const FileNode* at_start = nullptr;
    if (initial) {
      const auto found = initial->children.find(name);
      if (found != initial->children.end()) at_start = &found->second;
    }
    std::string listed = prefix + listed_name(name);
    const auto entry = m_listing->entries.find(listed);
    if (entry == m_listing->entries.end()) continue;
    if (node.content && node.content->size() <= limits::kept_content) {
      const auto earlier = m_chain->seen ? m_chain->seen->entries.find(listed) : m_listing->entries.end();
      const bool is_known =
          m_chain->seen && earlier != m_chain->seen->entries.end() && earlier->second.content == entry->second.content;
      if (!is_known) {
        const bool is_initial = at_start && at_start->content == node.content;
        SharedContent content;
        content.sha256 = entry->second.content;
        if (is_initial) {
          content.bytes = std::shared_ptr<const Bytes>(m_study, &*at_start->content);
        } else {
          content.bytes = std::make_shared<const Bytes>(keeps ? *node.content : std::move(*node.content));
        }
        (is_initial || !m_chain->seen ? m_initial_contents : m_new_contents).push_back(std::move(content));
      }
    }
    if (!keeps) node.content.reset();
    take_contents(listed += '/', node, at_start, keeps);
  }
}

}  // namespace tellina
