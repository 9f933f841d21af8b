#include "host/cli/program.hpp"

int main(int argc, char** argv) { return tellina::run_program(argc, argv); }
