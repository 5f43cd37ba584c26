using System.ComponentModel;

namespace RigKafka.Operator;

/// <summary>Whether there is an operator's page.</summary>
internal sealed class OperatorOptions
{
    [ConfigurationKeyName("OPERATOR_PAGE_ENABLED")]
    [Description("Whether the API port has a page at / for operators. The page itself says nothing; what it shows it asks of /v1, with "
        + "API_TOKEN where there is one.")]
    public bool PageEnabled { get; set; } = true;
}
