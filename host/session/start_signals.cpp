#include "host/session/start_signals.hpp"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "host/limits.hpp"
#include "host/runtime/assertion.hpp"
#include "host/text/utf8.hpp"
#include "tellina/error.hpp"

namespace tellina {
namespace {

/// What a page may show of a plugin's text.
std::string sentence_of(std::string_view text) {
  std::string sentence;
  for (std::size_t position = 0; position < text.size() && sentence.size() <= limits::start_progress;) {
    const std::optional<char32_t> character = next_character(text, position);
    if (!character) ++position;
    append_utf8(sentence, !character ? U'\uFFFD' : is_printable(*character) ? *character : U' ');
  }
  return std::string(utf8_prefix(sentence, limits::start_progress));
}

}  // namespace

void StartSignals::cancel() {
  std::lock_guard lock(m_mutex);
  m_is_cancelled = true;
  if (m_cancelled) ::eventfd_write(m_cancelled.get(), 1);
}

bool StartSignals::is_cancelled() const {
  std::lock_guard lock(m_mutex);
  return m_is_cancelled;
}

std::optional<std::string> StartSignals::next() {
  std::lock_guard lock(m_mutex);
  if (!m_news) m_awaits_reader = false;
  return std::exchange(m_news, std::nullopt);
}

void StartSignals::connect(SandboxSpec& spec) {
  std::lock_guard lock(m_mutex);
  TELLINA_ASSERT_PROCESS(!m_cancelled && !m_is_finished);
  if (m_is_cancelled) throw Error(ErrorCode::gone, "nobody needs the sandbox any more");
  m_cancelled = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!m_cancelled) {
    throw Error(ErrorCode::busy,
                "cannot create an event for the start of a sandbox: " + std::generic_category().message(errno));
  }
  spec.cancelled = m_cancelled.get();
  spec.progress = [self = shared_from_this()](std::string_view text) { self->report(text); };
}

void StartSignals::finish() {
  std::lock_guard lock(m_mutex);
  m_is_finished = true;
  m_cancelled.reset();
  m_news.reset();
}

void StartSignals::report(std::string_view text) {
  std::string sentence = sentence_of(text);
  std::function<void()> has_news;
  {
    std::lock_guard lock(m_mutex);
    if (m_is_finished || sentence.empty() || sentence == m_last) return;
    m_last = sentence;
    m_news = std::move(sentence);
    if (!std::exchange(m_awaits_reader, true)) has_news = m_has_news;
  }
  if (has_news) has_news();
}

}  // namespace tellina
