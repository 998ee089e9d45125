import ArgumentParser
import ScoreDiffusion

extension SamplerOptions.Kind: ExpressibleByArgument {}

/// How a diffusion model is sampled. What is left out is as the model has it.
struct SamplerFlags: ParsableArguments {
    @Option(help: ArgumentHelp(
        "The sampler: pc, ode or heun for score models, ode or sde for bridges.", valueName: "name"))
    var sampler: SamplerOptions.Kind?
    @Option(help: "Diffusion steps, 1 to 1000; the model's own number is usually best.") var steps: Int?
    @Option(help: "Corrector steps in each step of pc, 0 to 100.") var correctorSteps: Int?
    @Option(help: "Signal-to-noise ratio of the corrector, above 0.") var snr: Double?
    @Option(name: .customLong("t-eps"), help: "Diffusion time at which sampling ends, between 0 and 1.") var endTime: Double?

    var options: SamplerOptions {
        SamplerOptions(kind: sampler, steps: steps, correctorSteps: correctorSteps, snr: snr, endTime: endTime)
    }

    func validate() throws {
        if let steps, !(1...1000).contains(steps) { throw ValidationError("--steps must be from 1 to 1000, not \(steps).") }
        if let correctorSteps, !(0...100).contains(correctorSteps) {
            throw ValidationError("--corrector-steps must be from 0 to 100, not \(correctorSteps).")
        }
        if let snr, !(snr > 0 && snr <= 100) { throw ValidationError("--snr must be above 0 and at most 100, not \(snr).") }
        if let endTime, !(endTime > 0 && endTime < 1) {
            throw ValidationError("--t-eps must lie between 0 and 1, not at \(endTime).")
        }
    }
}
