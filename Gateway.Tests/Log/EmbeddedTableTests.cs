using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.Tests.Log;

internal sealed class EmbeddedTableTests : TableContract
{
    protected override Task<ITable> Create() => Task.FromResult<ITable>(new EmbeddedTable("test", TimeProvider.System));

    [Test]
    public async Task Run_HasNothingToDo() => await new EmbeddedTable("test", TimeProvider.System).Run(CancellationToken.None).Soon();
}
