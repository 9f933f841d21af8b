// A shared object that lacks a function.
extern "C" int function_that_nobody_has();
extern "C" __attribute__((visibility("default"))) int answer();
int answer() { return function_that_nobody_has(); }
