#pragma once

/// Passes contents to the store beside the record, so that no keystroke waits for large files.

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "host/runtime/lifeline.hpp"
#include "host/runtime/limited_log.hpp"
#include "host/runtime/loop.hpp"
#include "host/store/store.hpp"

namespace tellina {

/// Bytes with their SHA-256. The bytes are shared, because most are those of a task's own files.
class SharedContent {
 public:
  std::string sha256;
  std::shared_ptr<const Bytes> bytes;
};

/// One job of the store is under way at a time, with limits::content_commit bytes or one content. If the store cannot
/// write now, the queue tries again. The destructor submits what is left.
///
/// Threads: the loop's; the constructor and the destructor also any other while the loop does not use it.
class ContentQueue {
 public:
  /// The store must outlive the queue, and the loop the store.
  ContentQueue(Loop& loop, Store& store, std::shared_ptr<LimitedLog> log);
  ~ContentQueue();
  ContentQueue(const ContentQueue&) = delete;
  ContentQueue& operator=(const ContentQueue&) = delete;

  /// Whether contents of this size may be added.
  bool has_room_for(std::size_t bytes) const;
  void add(SharedContent content);
  std::size_t waiting_bytes() const { return m_bytes; }

  void check_invariant() const;

 private:
  using Batch = std::vector<SharedContent>;

  void submit();
  void completed(const std::exception_ptr& error);
  static Store::Job job_for(std::shared_ptr<const Batch> batch);

  Loop& m_loop;
  Store& m_store;
  std::shared_ptr<LimitedLog> m_log;
  std::unique_ptr<Loop::Timer> m_retry;  ///< null before the first failure
  std::deque<SharedContent> m_contents;
  std::size_t m_bytes = 0;                 ///< of them and of the batch under way
  std::shared_ptr<const Batch> m_batch{};  ///< under way, or to be tried again
  Lifeline m_lifeline;
};

}  // namespace tellina
