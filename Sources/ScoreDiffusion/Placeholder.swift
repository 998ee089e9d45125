enum ScoreDiffusionPlaceholder {}
