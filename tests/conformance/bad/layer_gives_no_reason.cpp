// Cannot be used, and does not say why.
#include "good_layer.hpp"

class Layer final : public tellina::bad::GoodLayer {
 public:
  using GoodLayer::GoodLayer;
  tellina::Reachability probe() override { return {false, ""}; }
};
TELLINA_BAD_LAYER(Layer);
