using NUnit.Framework;

// For the fixtures that are marked as parallelizable: those that mostly wait, and have a broker or a topic of their own. They run first; the others follow one by one.
[assembly: LevelOfParallelism(3)]
