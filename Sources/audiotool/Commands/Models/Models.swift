import ArgumentParser

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, import and export models.",
        discussion: """
            Examples:
              audiotool models                                    (what is installed, what each is for, its hash)
              audiotool models import epoch=120.ckpt --name sgmse (a published checkpoint)
              audiotool models export sgmse sgmse.pt              (a state dict for PyTorch)

            Models are found beside the program and in ~/.local/share/audiotool/models; the environment variable \
            AUDIOTOOL_MODELS can name further folders. 'audiotool enhance --model' takes a name from the list or a file.
            """,
        subcommands: [List.self, Import.self, Export.self], defaultSubcommand: List.self)
}
