#include "sandbox_terminal.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace tellina::conformance {

void ShellDriver::type(const std::string& bytes) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(m_sandbox.terminal(), bytes.data() + written, bytes.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
      continue;
    }
    expect(count == 0 || errno == EAGAIN || errno == EINTR, "terminal() to accept input",
           "errno " + std::to_string(errno));
    expect(std::chrono::steady_clock::now() < end, "terminal() to accept input within 10 s", "that it does not");
    pollfd watched{m_sandbox.terminal(), POLLOUT, 0};
    poll(&watched, 1, 100);
  }
}

std::string ShellDriver::read_until(const std::string& text, std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  for (;;) {
    if (const std::size_t place = m_unseen.find(text); place != std::string::npos) {
      const std::string before = m_unseen.substr(0, place);
      m_unseen.erase(0, place + text.size());
      return before;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd watched{m_sandbox.terminal(), POLLIN, 0};
    char buffer[65536];
    const ssize_t count = left > 0 && poll(&watched, 1, static_cast<int>(left)) == 1
                              ? ::read(m_sandbox.terminal(), buffer, sizeof buffer)
                              : 0;
    if (count > 0) {
      m_unseen.append(buffer, static_cast<std::size_t>(count));
    } else if (left <= 0 || count == 0 || errno != EAGAIN) {
      throw Failure("expected " + show(text) + " from the terminal, found " +
                    show(m_unseen.size() > 200 ? m_unseen.substr(m_unseen.size() - 200) : m_unseen));
    }
  }
}

CommandResult ShellDriver::run(const std::string& command, std::chrono::milliseconds within) {
  const std::string number = std::to_string(++m_commands);
  type("printf '%s%s\\n' begin -" + number + "-; " + command + "; printf '%s%s%d.\\n' end -" + number + "- $?\n");
  read_until("begin-" + number + "-", within);
  read_until("\n", within);
  CommandResult result;
  result.output = read_until("end-" + number + "-", within);
  result.status = std::atoi(read_until(".", within).c_str());
  std::erase(result.output, '\r');
  return result;
}

std::unique_ptr<SandboxBackend> make_usable_backend(Probe& probe, Capabilities* found) {
  auto backend = probe.make<SandboxBackend>();
  const Capabilities capabilities = backend->probe();
  probe.log().expect_none_from_now();
  if (!capabilities.usable) throw Skip("probe() reports that it cannot be used here: " + capabilities.reason);
  if (found) *found = capabilities;
  return backend;
}

RunningSandbox::RunningSandbox(Probe& probe) : RunningSandbox(probe, make_spec(probe)) {}

RunningSandbox::RunningSandbox(Probe& probe, const SandboxSpec& spec)
    : m_probe(probe),
      m_id(spec.id),
      m_backend(make_usable_backend(probe, &m_capabilities)),
      m_others(descendants_of(getpid())) {
  SandboxSpec patient = spec;
  patient.deadline = std::max(spec.deadline, m_capabilities.start_deadline);
  m_sandbox = m_backend->start(patient);
  expect(m_sandbox != nullptr, "a sandbox from start()", "none");
  m_driver = std::make_unique<ShellDriver>(*m_sandbox);
}

RunningSandbox::~RunningSandbox() {
  const auto began = std::chrono::steady_clock::now();
  try {
    m_sandbox->destroy();
  } catch (const Error&) {
    // The audits find what it leaves behind.
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  if (took > 2000) m_probe.warn("expected destroy() within 2 s, found that it took " + std::to_string(took) + " ms");
}

Processes RunningSandbox::processes() const {
  Processes found = relatives_of(processes_with_mark(m_probe.mark()));
  for (const ProcessKey& other : m_others) found.erase(other);
  return found;
}

std::size_t RunningSandbox::count_inside(const std::string& name) {
  const std::string matches = name.empty() ? "true" : "[[ $c == " + name + " ]]";
  const std::string count = m_driver->output_of("n=0; for f in /proc/[0-9]*/comm; do read -r c 2>/dev/null < $f && " +
                                                matches + " && n=$((n+1)); done; echo $n");
  return static_cast<std::size_t>(std::atoi(count.c_str()));
}

void RunningSandbox::need_visible_processes() const {
  if (!sees_processes()) throw Skip("probe() reports that a sandbox's processes are not visible on this machine");
}

ExitStatus RunningSandbox::end_shell(const std::string& line) {
  m_driver->type(line + "\n");
  expect(becomes_readable(m_sandbox->ended_descriptor(), std::chrono::seconds(10)),
         "that ended_descriptor() becomes readable once the shell has ended", "that it does not within 10 s");
  const auto status = m_sandbox->ended();
  expect(status.has_value(), "a status from ended() once the shell has ended", "nothing");
  return *status;
}

std::vector<std::string> owners_of_case(const std::string& mark) { return {"owner-" + mark, "owner-" + mark + "-w10"}; }

SandboxSpec make_spec(Probe& probe) {
  static int number = 0;
  SandboxSpec spec;
  spec.id = "check-" + probe.mark() + "-" + std::to_string(++number);
  spec.owner = owners_of_case(probe.mark()).front();
  spec.initial.root = FileNode::directory();
  spec.environment["TELLINA_CHECK"] = probe.mark();
  return spec;
}

bool becomes_readable(int descriptor, std::chrono::milliseconds within) {
  pollfd watched{descriptor, POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(within.count())) == 1;
}

const FileNode& child_of(const FileNode& node, const std::string& name) {
  const auto found = node.children.find(name);
  if (found == node.children.end()) throw Failure("expected the entry " + show(name) + " in the snapshot, found none");
  return found->second;
}

}  // namespace tellina::conformance
