using NUnit.Framework;

// For the fixtures that are marked as parallelizable: those that mostly wait. They run first; the others follow one by one.
[assembly: LevelOfParallelism(4)]
