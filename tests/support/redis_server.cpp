#include "support/redis_server.hpp"

#include "support/certificates.hpp"

#include <hiredis/hiredis.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tellina::testing {
namespace {

using namespace std::chrono_literals;

std::uint16_t find_free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool found = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!found) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::filesystem::path find_program() {
  for (const char* folder : {"/usr/local/bin", "/usr/bin"}) {
    const std::filesystem::path program = std::filesystem::path(folder) / "redis-server";
    if (std::filesystem::exists(program)) return program;
  }
  throw std::runtime_error("no redis-server in /usr/bin: install redis-server");
}

std::string to_text(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ARRAY: {
      std::string text;
      for (std::size_t i = 0; i < reply.elements; ++i) text += (i ? "\n" : "") + to_text(*reply.element[i]);
      return text;
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

}  // namespace

RedisServer::RedisServer(RedisOptions options) : m_options(std::move(options)) {
  // Another program may take the port before the server does.
  if (m_options.has_tls) write_certificate(m_folder.path(), "redis");
  for (int tries = 0;; ++tries) {
    m_port = find_free_port();
    if (m_options.has_tls) m_tls_port = find_free_port();
    try {
      run();
      return;
    } catch (const std::runtime_error&) {
      if (tries == 2) throw;
    }
  }
}

RedisServer::~RedisServer() { kill(); }

std::string RedisServer::url(int database) const {
  const std::string credentials = m_options.password.empty() ? "" : ":" + m_options.password + "@";
  return "redis://" + credentials + "127.0.0.1:" + std::to_string(m_port) + "/" + std::to_string(database);
}

void RedisServer::kill() {
  if (!m_child) return;
  m_child->signal(SIGKILL);
  m_child->wait(10s);
  m_child.reset();
}

void RedisServer::stop() {
  m_child->signal(SIGTERM);
  if (!m_child->wait(10s)) throw std::runtime_error("redis-server does not end");
  m_child.reset();
}

void RedisServer::start() {
  if (m_child) throw std::logic_error("it runs already");
  run();
}

void RedisServer::pause() { m_child->signal(SIGSTOP); }
void RedisServer::resume() { m_child->signal(SIGCONT); }

void RedisServer::run() {
  std::vector<std::string> arguments{
      "--port", std::to_string(m_port),   "--bind", "127.0.0.1", "--unixsocket", socket_path(),
      "--dir",  m_folder.path().string(), "--save", "",          "--logfile",    log_file()};
  if (m_options.has_tls) {
    const std::string name = (m_folder.path() / "redis").string();
    arguments.insert(arguments.end(), {"--tls-port", std::to_string(m_tls_port), "--tls-cert-file", name + ".pem",
                                       "--tls-key-file", name + ".key", "--tls-auth-clients", "no"});
  }
  if (!m_options.password.empty()) arguments.insert(arguments.end(), {"--requirepass", m_options.password});
  if (m_options.keeps_data) arguments.insert(arguments.end(), {"--appendonly", "yes", "--appendfsync", "always"});
  arguments.insert(arguments.end(), m_options.more.begin(), m_options.more.end());
  m_child = std::make_unique<ChildProcess>(find_program(), arguments, m_folder.path(), "redis");
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    try {
      if (command({"PING"}) == "PONG") return;
    } catch (const std::runtime_error&) {
      // The server does not listen yet.
    }
    if (!m_child->wait(5ms) && std::chrono::steady_clock::now() < deadline) continue;
    const std::string said = m_child->output() + m_child->errors() + read_text(log_file());
    kill();
    throw std::runtime_error("redis-server does not answer:\n" + said);
  }
}

std::string RedisServer::command(const std::vector<std::string>& words, int database) const {
  struct Closer {
    void operator()(redisContext* context) const { redisFree(context); }
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
  };
  const timeval limit{5, 0};
  const std::unique_ptr<redisContext, Closer> context(redisConnectWithTimeout("127.0.0.1", m_port, limit));
  if (!context || context->err) throw std::runtime_error("no connection to redis-server");
  redisSetTimeout(context.get(), limit);
  const auto ask = [&](const std::vector<std::string>& command) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : command) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    std::unique_ptr<redisReply, Closer> reply(static_cast<redisReply*>(
        redisCommandArgv(context.get(), static_cast<int>(command.size()), texts.data(), sizes.data())));
    if (!reply) throw std::runtime_error("no answer from redis-server: " + std::string(context->errstr));
    return to_text(*reply);
  };
  if (!m_options.password.empty()) ask({"AUTH", m_options.password});
  if (database != 0) ask({"SELECT", std::to_string(database)});
  return ask(words);
}

std::uint64_t RedisServer::calls_of(const std::string& name) const {
  const std::string info = command({"INFO", "commandstats"});
  const std::string mark = "cmdstat_" + name + ":calls=";
  const std::size_t found = info.find(mark);
  return found == std::string::npos ? 0 : std::stoull(info.substr(found + mark.size()));
}

}  // namespace tellina::testing
