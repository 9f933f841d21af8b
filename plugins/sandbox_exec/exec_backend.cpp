#include "plugins/sandbox_exec/exec_backend.hpp"

#include <algorithm>

#include "plugins/sandbox_exec/exec_sandbox.hpp"
#include "plugins/sandbox_exec/home_archive.hpp"

namespace tellina::exec_sandbox {

using namespace std::chrono_literals;
using Request = ProgramClient::Request;

namespace {

constexpr std::chrono::milliseconds probe_time = 25s;
constexpr std::chrono::milliseconds adopt_time = 10s;
constexpr std::chrono::milliseconds sweep_time = 30s;
constexpr std::size_t most_limits = 100;
/// The host has its own bound, below this one.
constexpr std::uint64_t longest_deadline = 24ULL * 60 * 60 * 1000;

std::vector<LimitReport> read_limits(const Answer& answer, const std::string& what) {
  std::vector<LimitReport> limits;
  const boost::json::value* const list = answer.fields.if_contains("limits");
  if (list == nullptr) return limits;
  const auto fail = [&] {
    throw Error(ErrorCode::internal,
                what +
                    ": expected as \"limits\" an array of {\"name\": string, \"enforced\": true or false, \"how\": "
                    "string}, got " +
                    shortened(boost::json::serialize(*list)));
  };
  if (!list->is_array() || list->as_array().size() > most_limits) fail();
  for (const boost::json::value& one : list->as_array()) {
    if (!one.is_object()) fail();
    const auto* const name = one.as_object().if_contains("name");
    const auto* const enforced = one.as_object().if_contains("enforced");
    const auto* const how = one.as_object().if_contains("how");
    if (name == nullptr || !name->is_string() || enforced == nullptr || !enforced->is_bool() || how == nullptr ||
        !how->is_string()) {
      fail();
    }
    limits.emplace_back(std::string(name->as_string()), enforced->as_bool(), std::string(how->as_string()));
  }
  return limits;
}

/// False for what cannot travel in JSON: the state of a sandbox that this plugin did not start.
bool is_text(const Bytes& state) {
  boost::system::error_code error;
  boost::json::parse(boost::json::serialize(boost::json::string(state)), error);
  return !error;
}

}  // namespace

ExecBackend::ExecBackend(const PluginContext& context)
    : m_context(context), m_client(std::make_shared<ProgramClient>(m_context)) {}

Capabilities ExecBackend::probe() {
  const std::string what = m_client->name() + ": probe";
  Capabilities capabilities;
  try {
    const Answer answer = m_client->call(Request("probe", {}), Deadline(m_context.clock, probe_time, nullptr));
    capabilities.limits = read_limits(answer, what);
    capabilities.reason = answer.text("reason", what);
    capabilities.usable = answer.flag("usable", false, what);
    capabilities.adopts = m_client->adopts();
    capabilities.processes_are_visible = answer.flag("processes_are_visible", true, what);
    if (const std::uint64_t deadline = answer.count("start_deadline_ms", what); deadline > 0) {
      capabilities.start_deadline = std::chrono::milliseconds(std::min(deadline, longest_deadline));
    }
    capabilities.root_digest = answer.text("root_digest", what);
    if (!capabilities.usable && capabilities.reason.empty()) capabilities.reason = what + ": it gives no reason";
  } catch (const Error& error) {
    capabilities.usable = false;
    capabilities.reason = error.what();
    if (!error.hint().empty()) capabilities.reason += ": " + error.hint();
  }
  return capabilities;
}

std::unique_ptr<Sandbox> ExecBackend::start(const SandboxSpec& spec) {
  const Deadline deadline(m_context.clock, spec.deadline, spec.cancelled);
  const Descriptor home = write_archive(spec.initial, m_context.clock.wall_time());
  boost::json::object environment;
  for (const auto& [name, value] : spec.environment) environment[name] = value;
  Request request("start", {{"sandbox", spec.id},
                            {"owner", spec.owner},
                            {"columns", spec.size.columns},
                            {"rows", spec.size.rows},
                            {"working_directory", spec.working_directory},
                            {"environment", std::move(environment)},
                            {"options", to_json(spec.options)},
                            {"deadline_ms", deadline.left().count()}});
  request.attached = &home;
  request.section = spec.options;
  request.progress = spec.progress;
  request.starts_sandbox = true;
  const boost::json::object sandbox = {{"sandbox", spec.id}, {"owner", spec.owner}};
  try {
    return std::make_unique<ExecSandbox>(m_client, spec.id, spec.owner, m_client->call(std::move(request), deadline));
  } catch (const Error&) {
    // It may have started nevertheless.
    m_client->post(Request("destroy", sandbox));
    throw;
  }
}

std::unique_ptr<Sandbox> ExecBackend::adopt(const SandboxId& id) { return adopt_with_state(id, {}); }

std::unique_ptr<Sandbox> ExecBackend::adopt_with_state(const SandboxId& id, const Bytes& state) {
  const Deadline deadline(m_context.clock, adopt_time, nullptr);
  Answer answer = m_client->call(Request("adopt", {{"sandbox", id}, {"state", is_text(state) ? state : ""}}), deadline);
  OwnerId owner = answer.text("owner", m_client->name() + ": adopt");
  return std::make_unique<ExecSandbox>(m_client, id, std::move(owner), std::move(answer));
}

std::size_t ExecBackend::sweep(const OwnerId& owner, const std::vector<SandboxId>& keep) {
  boost::json::array kept(keep.begin(), keep.end());
  const Answer answer = m_client->call(Request("sweep", {{"owner", owner}, {"keep", std::move(kept)}}),
                                       Deadline(m_context.clock, sweep_time, nullptr));
  return static_cast<std::size_t>(answer.count("removed", m_client->name() + ": sweep"));
}

}  // namespace tellina::exec_sandbox
