import ArgumentParser
import ModelLibrary

extension Models {
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a model's weights for PyTorch.",
            discussion: """
                Examples:
                  audiotool models export sgmse sgmse.pt      (torch.load gives the state dict)
                  audiotool models export sgmse sgmse.ckpt    (as the training program writes it, imported models only)
                """)

        @Argument(help: ArgumentHelp("An installed model or a model file.", valueName: "name")) var name: String
        @Argument(help: ArgumentHelp("The file to write: .pt, .pth, .bin or .ckpt.", valueName: "file"), completion: .file())
        var output: String
        @Flag(help: "Overwrite the file if it is there.") var replace = false

        func validate() throws {
            guard [".pt", ".pth", ".bin", ".ckpt"].contains(where: output.hasSuffix) else {
                throw ValidationError("\(output) must end in .pt, .pth, .bin or .ckpt.")
            }
        }

        func run() throws {
            guard replace || !OutputPlan.exists(output) else {
                throw CommandFailure("\(output) is there already; --replace overwrites it.")
            }
            try InstalledModel.export(ModelStore().find(name), to: output)
            print("\(name) → \(output)")
        }
    }
}
