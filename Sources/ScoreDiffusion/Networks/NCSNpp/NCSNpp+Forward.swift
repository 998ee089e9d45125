import NeuralCore

extension NCSNpp {
    /// The network's raw output for a state and a noisy spectrum, both `[batch, frames, bins, 2]`.
    ///
    /// Frames and bins must be multiples of `configuration.spatialMultiple`; `times` holds one time per item.
    public func callAsFunction(_ state: Tensor, noisy: Tensor, times: [Double]) -> Tensor {
        forward(state, noisy: noisy, times: times) { _, _ in }
    }

    /// The same in training: activations are dropped at `configuration.dropoutRate`, with draws from `rng`.
    public func trained(on state: Tensor, noisy: Tensor, times: [Double], using rng: inout Philox) -> Tensor {
        var pass = ForwardPass(configuration, randomness: rng)
        defer { rng = pass.randomness ?? rng }
        return evaluate(state, noisy: noisy, times: times, in: &pass)
    }

    /// `observe` is told the output of every numbered module.
    func forward(
        _ state: Tensor, noisy: Tensor, times: [Double], observe: (_ module: Int, _ output: Tensor) -> Void
    ) -> Tensor {
        withoutActuallyEscaping(observe) { observe in
            var pass = ForwardPass(configuration, observe: observe)
            return evaluate(state, noisy: noisy, times: times, in: &pass)
        }
    }

    private func evaluate(_ state: Tensor, noisy: Tensor, times: [Double], in pass: inout ForwardPass) -> Tensor {
        let multiple = configuration.spatialMultiple
        precondition(state.shape == noisy.shape && state.rank == 4 && state.shape[3] == 2, "spectra are [batch, frames, bins, 2]")
        precondition(state.shape[1] % multiple == 0 && state.shape[2] % multiple == 0, "frames and bins must be multiples of \(multiple)")
        precondition(times.count == state.shape[0], "one time per item")
        let activation = configuration.activation
        let features = pass.note(embedding0(pass.note(timeEmbedding(times))))
        pass.embedding = pass.note(embedding1(activation(features)))

        var input = Tensor.concatenated([state, noisy], axis: 3).transposed([0, 3, 2, 1])
        if !configuration.inputIsCentered { input = input * 2 - 1 }
        pass.inputPyramid = input
        pass.push(pass.note(stem(input)))
        for stage in downStages { stage.evaluate(in: &pass) }

        var hidden = pass.run(middle0, on: pass.state)
        hidden = pass.note(middleAttention(hidden))
        pass.state = pass.run(middle1, on: hidden)
        for stage in upStages { stage.evaluate(in: &pass) }

        var output = pass.outputPyramid!
        let division = 1 / perItem(times, rank: 4)
        if configuration.timeDivision == .beforeOutputLayer { output = output * division }
        output = outputLayer(output)
        if configuration.timeDivision == .afterOutputLayer { output = output * division }
        return output.transposed([0, 3, 2, 1])
    }
}

/// What one evaluation carries from part to part.
struct ForwardPass {
    let settings: NCSNppConfiguration
    let resampling: Resampling
    private let observe: (Int, Tensor) -> Void
    private var module = 0
    var embedding = Tensor(scalar: 0)
    var state = Tensor(scalar: 0)
    var inputPyramid = Tensor(scalar: 0)
    var outputPyramid: Tensor?
    /// Where dropout's draws come from; nil outside training.
    private(set) var randomness: Philox?
    private let dropout: Dropout
    private var left: [Tensor] = []

    init(
        _ settings: NCSNppConfiguration, randomness: Philox? = nil, observe: @escaping (Int, Tensor) -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.randomness = randomness
        dropout = Dropout(rate: Float(settings.dropoutRate))
        resampling = settings.resampling
        self.observe = observe
    }

    /// Counts a module and passes its output on.
    mutating func note(_ output: Tensor) -> Tensor {
        observe(module, output)
        module += 1
        return output
    }

    /// Evaluates a residual block, which counts as a module.
    mutating func run(_ block: ResidualBlock, on input: Tensor) -> Tensor {
        let output = block(input, embedding: embedding) { dropped($0) }
        return note(output)
    }

    /// The same for a block that is not in every network; `plain` then does its work and counts instead.
    mutating func run(_ block: ResidualBlock?, on input: Tensor, otherwise plain: (Tensor) -> Tensor) -> Tensor {
        if let block { run(block, on: input) } else { note(plain(input)) }
    }

    private mutating func dropped(_ activations: Tensor) -> Tensor {
        guard var rng = randomness else { return activations }
        defer { randomness = rng }
        return dropout(activations, using: &rng)
    }

    /// Makes `state` the current one and leaves it for the way up.
    mutating func push(_ state: Tensor) {
        self.state = state
        left.append(state)
    }

    mutating func pop() -> Tensor { left.removeLast() }
}

extension DownStage {
    func evaluate(in pass: inout ForwardPass) {
        for (index, block) in blocks.enumerated() {
            var hidden = pass.run(block, on: pass.state)
            if !attentions.isEmpty { hidden = pass.note(attentions[index](hidden)) }
            pass.push(hidden)
        }
        guard !isLast else { return }
        var hidden = pass.run(downsampler, on: pass.state, otherwise: pass.resampling.down)
        if let merge {
            pass.inputPyramid = pass.resampling.down(pass.inputPyramid)
            hidden = pass.note(merge(pass.inputPyramid, hidden))
        }
        if let residualInput {
            let sum = pass.note(residualInput(pass.inputPyramid)) + hidden
            hidden = pass.settings.rescalesSkips ? sum * Float(0.5.squareRoot()) : sum
            pass.inputPyramid = hidden
        }
        pass.push(hidden)
    }
}

extension UpStage {
    func evaluate(in pass: inout ForwardPass) {
        for block in blocks {
            let input = Tensor.concatenated([pass.state, pass.pop()], axis: 1)
            pass.state = pass.run(block, on: input)
        }
        if let attention { pass.state = pass.note(attention(pass.state)) }
        if let head {
            let normed = pass.note(head.norm(pass.state))
            let share = pass.note(head.convolution(pass.settings.activation(normed)))
            pass.outputPyramid = pass.outputPyramid.map { pass.resampling.up($0) + share } ?? share
        }
        guard !isLast else { return }
        pass.state = pass.run(upsampler, on: pass.state, otherwise: pass.resampling.up)
    }
}
