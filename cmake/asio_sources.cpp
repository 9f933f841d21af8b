// The only file that compiles Asio's function bodies.
#include <boost/asio/impl/src.hpp>
