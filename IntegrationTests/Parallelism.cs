using NUnit.Framework;

// Most fixtures wait more than they work. Those that measure the processor or memory follow one by one.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
