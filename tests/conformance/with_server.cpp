/// with_server redis|docker PROGRAM [ARGUMENT...]
///
/// Runs a program while a server of the test runs, and ends with the program's exit status, or with 1 if containers,
/// mounts or control groups are left in the engine. In the arguments, @URL@ becomes the Redis server's URL, @ADDRESS@
/// its HOST:PORT,
/// @SOCKET@ the Docker engine's socket, and @FOLDER@ a folder that is removed with the engine.

#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "support/docker_engine.hpp"
#include "support/redis_server.hpp"

namespace {

std::string fill_in(std::string text, const std::map<std::string, std::string>& words) {
  for (const auto& [word, value] : words) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
      text.replace(at, word.size(), value);
  }
  return text;
}

int run(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execv(words[0], words.data());
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) throw std::runtime_error("no process for " + command[0]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string server = count > 2 ? arguments[1] : "";
  if (server != "redis" && server != "docker") {
    std::cerr << "usage: with_server redis|docker PROGRAM [ARGUMENT...]\n";
    return 2;
  }
  try {
    std::optional<tellina::testing::RedisServer> redis;
    std::optional<tellina::test::DockerEngine> engine;
    std::map<std::string, std::string> words;
    if (server == "redis") {
      words["@URL@"] = redis.emplace().url();
      words["@ADDRESS@"] = "127.0.0.1:" + std::to_string(redis->port());
    } else {
      engine.emplace();
      words["@SOCKET@"] = engine->socket();
      words["@FOLDER@"] = engine->folder();
    }
    std::vector<std::string> command;
    for (int i = 2; i < count; ++i) command.push_back(fill_in(arguments[i], words));
    const int status = run(command);
    if (!engine) return status;
    // The kit looks for its mark in names, but the engine chooses the names of a container's parts.
    const std::vector<std::string> left = engine->leftovers();
    for (const std::string& one : left) std::cerr << "with_server docker: left behind: " << one << '\n';
    return left.empty() ? status : 1;
  } catch (const std::exception& error) {
    std::cerr << "with_server " << server << ": " << error.what() << '\n';
    return 1;
  }
}
