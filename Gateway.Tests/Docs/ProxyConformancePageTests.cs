using System.Reflection;
using NUnit.Framework;

namespace RigKafka.Tests.Docs;

internal sealed class ProxyConformancePageTests
{
    [Test]
    public void ConformancePage_NamesTestsThatThereAre()
    {
        var rows = MarkdownTable.Rows(RepositoryFiles.Read("docs/reference/proxy-conformance.md"), "## The list");
        var tests = Assembly.GetExecutingAssembly().GetTypes()
            .Where(type => type.Namespace is "RigKafka.Tests.Proxy" or "RigKafka.Tests.Apis" or "RigKafka.Tests.RequestLog")
            .SelectMany(type => type.GetMethods(), (type, method) => (Type: type, Method: method))
            .Where(test => test.Method.GetCustomAttributes().Any(attribute => attribute is TestAttribute or TestCaseAttribute))
            .Select(test => $"{test.Type.Name}.{test.Method.Name}")
            .ToHashSet();
        Assert.That(rows, Has.Count.GreaterThan(50));
        Assert.That(rows.SelectMany(row => MarkdownTable.Words(row[2])).Where(test => !tests.Contains(test)), Is.Empty);
    }
}
