#pragma once

/// What a session and the thread that starts its sandbox tell each other.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tellina/descriptor.hpp"
#include "tellina/sandbox.hpp"

namespace tellina {

/// One start of a sandbox. The session says that nobody needs the sandbox any more, and the plugin says what happens.
///
/// Threads: any. Lifetime: held by a shared_ptr; the plugin's calls keep it alive.
class StartSignals : public std::enable_shared_from_this<StartSignals> {
 public:
  /// `has_news` may be called on any thread, and not again before next() has returned nothing.
  explicit StartSignals(std::function<void()> has_news) : m_has_news(std::move(has_news)) {}

  /// Wakes a start that is under way, and lets one that has not begun fail.
  void cancel();
  bool is_cancelled() const;
  /// The latest sentence that next() has not returned: printable UTF-8 without line ends, at most
  /// limits::start_progress bytes. Nothing if there is none; then the next one calls `has_news`.
  std::optional<std::string> next();

  /// Sets the members `cancelled` and `progress` of a spec, which are used until finish(). Throws Error(gone) if the
  /// start was cancelled, and Error(busy) if the process has no descriptor left.
  void connect(SandboxSpec& spec);
  /// The start is over: what the plugin reports from now on is ignored.
  void finish();

 private:
  void report(std::string_view text);

  mutable std::mutex m_mutex;
  std::function<void()> m_has_news;
  bool m_is_cancelled = false;
  bool m_is_finished = false;
  bool m_awaits_reader = false;  ///< `has_news` was called, and next() has not returned nothing since
  Descriptor m_cancelled;        ///< an event, while the start is under way
  std::optional<std::string> m_news{};
  std::string m_last;  ///< the latest sentence
};

}  // namespace tellina
