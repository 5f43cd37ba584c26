using NUnit.Framework;

// Most fixtures wait more than they work. Those that look at the whole process or machine follow one by one.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
