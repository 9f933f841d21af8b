#include "plugins/sandbox_common/init_client.hpp"

#include <fcntl.h>

#include <cerrno>

#include "plugins/sandbox_init/control_socket.hpp"
#include "plugins/sandbox_init/init_protocol.hpp"

namespace tellina::sandbox_common {
namespace {

constexpr const char* starting = "start the shell";
constexpr const char* restarting = "restart the shell";

std::string begin_command(init_protocol::StartShell header, TerminalSize size) {
  header.columns = size.columns;
  header.rows = size.rows;
  return std::string(reinterpret_cast<const char*>(&header), sizeof header);
}

std::string command_of(const ShellPlan& plan, TerminalSize size) {
  init_protocol::StartShell header;
  header.argument_count = static_cast<std::uint32_t>(plan.arguments.size());
  header.environment_count = static_cast<std::uint32_t>(plan.environment.size());
  header.processes = plan.processes;
  header.address_space = plan.address_space;
  header.refuses_shared_memory = plan.refuses_shared_memory;
  header.processors = plan.processors;
  std::string message = begin_command(header, size);
  message += plan.working_directory + '\0';
  for (const std::string& argument : plan.arguments) message += argument + '\0';
  for (const std::string& variable : plan.environment) message += variable + '\0';
  if (message.size() > control::max_message || plan.environment.size() > init_protocol::max_strings ||
      plan.arguments.size() > init_protocol::max_strings) {
    throw Error(ErrorCode::bad_request,
                std::string(starting) + ": expected at most 256 arguments, 256 variables, and 60 KiB of both");
  }
  return message;
}

}  // namespace

std::optional<Failure> InitClient::take_terminal(const Deadline& deadline, const std::string& what) {
  Received received = receive(m_socket, deadline, what);
  if (auto failure = find_failure(received, what)) return failure;
  if (received.descriptors.size() != init_protocol::descriptor_count) {
    throw Error(ErrorCode::internal, what + ": received no terminal");
  }
  m_has_shell = read_struct<init_protocol::Ready>(received, what).has_shell != 0;
  m_terminal = std::move(received.descriptors[init_protocol::terminal]);
  m_home = std::move(received.descriptors[init_protocol::home]);
  m_shell_end = std::move(received.descriptors[init_protocol::shell_end]);
  if (fcntl(m_terminal.get(), F_SETFL, O_RDWR | O_NONBLOCK) != 0) throw system_error(what, errno);
  return {};
}

void InitClient::start_shell(const ShellPlan& plan, TerminalSize size, const Deadline& deadline) {
  send_command(command_of(plan, size), " " + plan.working_directory, deadline);
}

void InitClient::start_program(const ShellPlan& plan, int output, int errors, const Deadline& deadline) {
  static_assert(init_protocol::program_output == 0 && init_protocol::program_errors == 1);
  send_command(command_of(plan, TerminalSize()), " " + plan.working_directory, deadline, {output, errors});
}

void InitClient::restart_shell(TerminalSize size, const Deadline& deadline) {
  m_terminal.reset();
  m_shell_end.reset();
  const char kind = init_protocol::renew;
  send(m_socket, &kind, 1, restarting);
  if (const auto failure = take_terminal(deadline, restarting)) {
    throw system_error(std::string(restarting) + ": " + failure->text, failure->error_number);
  }
  send_command(begin_command(init_protocol::StartShell(), size), "", deadline);
}

void InitClient::send_command(const std::string& message, const std::string& working_directory,
                              const Deadline& deadline, std::initializer_list<int> descriptors) {
  const std::string what = starting;
  send(m_socket, message.data(), message.size(), what, descriptors);
  if (const auto failure = find_failure(receive(m_socket, deadline, what), what)) {
    const bool directory = failure->text.find("directory") != std::string::npos;
    throw system_error(what + ": " + failure->text + (directory ? working_directory : ""), failure->error_number);
  }
}

void InitClient::close() {
  m_socket.reset();
  m_terminal.reset();
  m_home.reset();
  m_shell_end.reset();
}

}  // namespace tellina::sandbox_common
