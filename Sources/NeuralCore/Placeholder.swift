enum NeuralCorePlaceholder {}
