/// Measures the minimum cost of a terminal in a browser on this machine. `tellina bench` compares each of its figures
/// with it.
///
///   tellina-floor serve [--drop N]   one shell for each WebSocket, in one bare Beast loop: no record, no checks, no
///                                    batches. --drop leaves out every N-th output byte, to test that a benchmark
///                                    notices it
///   tellina-floor pty                the pty alone, without a network: echo and output
///   tellina-floor zmq                ZeroMQ alone, between two processes

#include <iostream>
#include <string>

#include "bench/floor/pty_alone.hpp"
#include "bench/floor/serve.hpp"
#include "bench/floor/zmq_alone.hpp"

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    if (command == "serve" && argc == 2) return tellina::floor::serve(0);
    if (command == "serve" && argc == 4 && std::string(argv[2]) == "--drop") {
      return tellina::floor::serve(std::stoull(argv[3]));
    }
    if (command == "pty" && argc == 2) return tellina::floor::measure_pty();
    if (command == "zmq" && argc == 2) return tellina::floor::measure_zmq();
  } catch (const std::exception& error) {
    std::cerr << "tellina-floor: " << error.what() << '\n';
    return 1;
  }
  std::cerr << "usage: tellina-floor serve [--drop N]\n       tellina-floor pty|zmq\n";
  return 2;
}
