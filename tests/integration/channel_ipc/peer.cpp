#include "integration/channel_ipc/peer.hpp"

#include <unistd.h>

#include <atomic>
#include <functional>
#include <iostream>
#include <mutex>
#include <thread>

#include "integration/channel_ipc/numbered.hpp"

namespace tellina::testing {
namespace {

void say(const std::string& line) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  std::cout << line + "\n" << std::flush;
}

void send_surely(ChannelLayer& layer, const ChannelName& channel, const std::string& sender, Sequence sequence) {
  while (layer.send(channel, numbered(sender, sequence)) != SendResult::accepted) std::this_thread::yield();
}

void until_the_end_of_input(const std::function<void(const std::string&)>& handle) {
  for (std::string line; std::getline(std::cin, line);) handle(line);
}

void receive(ChannelLayer& layer, const ChannelName& channel) {
  std::unique_ptr<Subscription> subscription;
  const auto start = [&] {
    subscription = layer.receive(channel, [](const Message& message) {
      say(message.connection + " " + std::to_string(message.sequence) + (is_as_sent(message) ? "" : " damaged"));
    });
    say("ready");
  };
  start();
  until_the_end_of_input([&](const std::string& line) {
    if (line == "start") return start();
    subscription.reset();
    say("stopped");
  });
}

void send(ChannelLayer& layer, const ChannelName& channel, const std::vector<std::string>& arguments) {
  const Sequence first = std::stoull(arguments.at(4));
  const Sequence end = first + std::stoull(arguments.at(5));
  std::vector<std::thread> senders;
  for (int i = 0; i < std::stoi(arguments.at(6)); ++i) {
    senders.emplace_back([&, name = arguments.at(3) + std::to_string(i)] {
      for (Sequence sequence = first; sequence < end; ++sequence) send_surely(layer, channel, name, sequence);
    });
  }
  for (std::thread& sender : senders) sender.join();
  say("sent");
  until_the_end_of_input([](const std::string&) {});
}

void flood(ChannelLayer& layer, const ChannelName& channel, const std::string& name) {
  std::atomic<bool> is_over = false;
  std::thread sender([&] {
    for (Sequence sequence = 0; !is_over; ++sequence) {
      while (!is_over && layer.send(channel, numbered(name, sequence)) != SendResult::accepted) {
        std::this_thread::yield();
      }
    }
  });
  say("flooding");
  until_the_end_of_input([](const std::string&) {});
  is_over = true;
  sender.join();
}

void echo(ChannelLayer& layer, const ChannelName& channel) {
  const auto subscription = layer.receive(channel, [&](Message message) {
    const ChannelName back(message.reply_channel);
    if (layer.send(back, std::move(message)) != SendResult::accepted) say("refused");
  });
  say("ready");
  until_the_end_of_input([](const std::string&) {});
}

void hang(ChannelLayer& layer, const ChannelName& channel) {
  const auto subscription = layer.receive(channel, [](const Message&) {
    say("hangs");
    for (;;) ::pause();
  });
  say("ready");
  for (;;) ::pause();
}

}  // namespace

int be_peer(const std::vector<std::string>& arguments) {
  const std::string& mode = arguments.at(0);
  const ChannelName channel(arguments.at(2));
  IpcPlugin plugin;
  const auto layer = plugin.make(arguments.at(1));
  if (mode == "receive") {
    receive(*layer, channel);
  } else if (mode == "send") {
    send(*layer, channel, arguments);
  } else if (mode == "flood") {
    flood(*layer, channel, arguments.at(3));
  } else if (mode == "echo") {
    echo(*layer, channel);
  } else if (mode == "hang") {
    hang(*layer, channel);
  } else {
    return 2;
  }
  return 0;
}

}  // namespace tellina::testing
