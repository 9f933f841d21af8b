#include "host/cli/participant_list.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "host/runtime/log_event.hpp"
#include "host/store/reader.hpp"
#include "host/text/json.hpp"
#include "host/text/table.hpp"

namespace tellina {
namespace {

constexpr const char* nothing = "-";

/// The age of a time from the record, in whole seconds.
std::chrono::seconds age_of(const std::string& at, WallTime now) {
  std::tm parts{};
  if (std::sscanf(at.c_str(), "%d-%d-%dT%d:%d:%d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
                  &parts.tm_min, &parts.tm_sec) != 6) {
    return std::chrono::seconds(0);
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const std::chrono::seconds since(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count() -
                                   timegm(&parts));
  return std::max(since, std::chrono::seconds(0));
}

std::string ago(const std::string& at, WallTime now) {
  if (at.empty()) return nothing;
  const auto seconds = age_of(at, now).count();
  if (seconds < 120) return std::to_string(seconds) + " s ago";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min ago";
  if (seconds < 2 * 86400) return std::to_string(seconds / 3600) + " h ago";
  return std::to_string(seconds / 86400) + " d ago";
}

std::string outcomes_for_people(const ParticipantSummary& participant) {
  std::string text;
  for (const auto& [state, count] : participant.outcomes) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + state;
  }
  return text.empty() ? nothing : text;
}

std::string may_log_in(const ParticipantSummary& participant) {
  if (participant.id == 0) return "after a start or reload";
  return participant.can_log_in ? "yes" : "no";
}

}  // namespace

ParticipantList ParticipantList::read(const HostConfig& config, const Clock& clock) {
  ParticipantList list;
  list.m_total = static_cast<int>(config.study->tasks.size());
  list.m_task_duration = config.study->task_duration;
  list.m_now = clock.wall_time();
  if (const auto reader = StoreReader::open(config.database, clock)) {
    reader->run(
        [&](StoreTransaction& transaction) { list.m_participants = transaction.list_participants(list.m_total); });
  }
  // A server adds new codes of the config file to the database when it starts or reloads.
  for (const std::string& code : config.access_codes) {
    const auto has_code = [&](const ParticipantSummary& participant) { return participant.access_code == code; };
    if (std::any_of(list.m_participants.begin(), list.m_participants.end(), has_code)) continue;
    ParticipantSummary unknown;
    unknown.access_code = code;
    unknown.state = "new";
    list.m_participants.push_back(std::move(unknown));
  }
  return list;
}

std::string ParticipantList::time_left(const ParticipantSummary& participant, bool for_people) const {
  if (!participant.charged) return for_people ? nothing : "null";
  const auto duration = participant.duration.count() > 0 ? participant.duration : m_task_duration;
  if (duration == untimed) return for_people ? nothing : "null";
  const auto left = std::max(duration - *participant.charged, std::chrono::nanoseconds(0));
  const double seconds = std::chrono::duration<double>(left).count();
  char text[40];
  if (for_people) {
    const auto whole = static_cast<long long>(std::ceil(seconds));
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%.1f", seconds);
  }
  return text;
}

void ParticipantList::print_table(std::ostream& out) const {
  std::vector<std::vector<std::string>> rows{{"ACCESS CODE", "STATE", "TASKS ENDED", "ATTEMPT", "MAY LOG IN",
                                              "PARTICIPANT", "TASK", "TIME LEFT", "CONNECTED", "LAST KEY", "OUTCOMES"}};
  for (const ParticipantSummary& participant : m_participants) {
    const bool is_finished = participant.state == "finished";
    rows.push_back({participant.access_code, participant.state, std::to_string(participant.tasks_ended),
                    std::to_string(participant.attempt), may_log_in(participant),
                    participant.id == 0 ? nothing : participant_label(participant.id),
                    is_finished ? nothing : std::to_string(participant.task) + " of " + std::to_string(m_total),
                    time_left(participant, true), participant.is_connected ? "yes" : "no",
                    ago(participant.last_key_at, m_now), outcomes_for_people(participant)});
  }
  tellina::print_table(out, rows);
}

void ParticipantList::print_json(std::ostream& out, bool with_codes) const {
  for (const ParticipantSummary& participant : m_participants) {
    const bool is_finished = participant.state == "finished";
    JsonObject outcomes;
    for (const auto& [state, count] : participant.outcomes) outcomes.add(state, count);
    JsonObject line;
    line.add_json("participant_id", participant.id == 0 ? "null" : json_string(participant_label(participant.id)));
    if (with_codes) line.add("access_code", participant.access_code);
    line.add("state", participant.state)
        .add_json("number", is_finished ? "null" : std::to_string(participant.task))
        .add("total", m_total)
        .add_json("time_left_in_seconds", time_left(participant, false))
        .add("connected", participant.is_connected)
        .add_json("last_key_at", participant.last_key_at.empty() ? "null" : json_string(participant.last_key_at))
        .add_json("outcomes", outcomes.text())
        .add("attempt", participant.attempt)
        .add("may_log_in", participant.id != 0 && participant.can_log_in);
    out << line.text() << '\n';
  }
}

}  // namespace tellina
