// A provider that does nothing, by terraform-plugin-framework: the yardstick of `make bench` for what Terraform pays for any
// provider, since `terraform_data` runs inside of Terraform. It is built only where Go is on the PATH.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Address is the source address that a configuration names.
const Address = "registry.terraform.io/identity-as-code/yardstick"

type yardstick struct{}

func (yardstick) Metadata(_ context.Context, _ provider.MetadataRequest, response *provider.MetadataResponse) {
	response.TypeName = "yardstick"
}

func (yardstick) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (yardstick) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (yardstick) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (yardstick) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return thing{} }}
}

// A thing exists in state alone. It has as many attributes as a webhook.
type thing struct{}

type model struct {
	ID   types.String `tfsdk:"id"`
	Name types.String `tfsdk:"name"`
	URL  types.String `tfsdk:"url"`
}

func (thing) Metadata(_ context.Context, request resource.MetadataRequest, response *resource.MetadataResponse) {
	response.TypeName = request.ProviderTypeName + "_thing"
}

func (thing) Schema(_ context.Context, _ resource.SchemaRequest, response *resource.SchemaResponse) {
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"id": schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{
			stringplanmodifier.UseStateForUnknown(),
		}},
		"name": schema.StringAttribute{Required: true},
		"url":  schema.StringAttribute{Required: true},
	}}
}

func (thing) Create(ctx context.Context, request resource.CreateRequest, response *resource.CreateResponse) {
	var planned model
	response.Diagnostics.Append(request.Plan.Get(ctx, &planned)...)
	planned.ID = planned.Name
	response.Diagnostics.Append(response.State.Set(ctx, planned)...)
}

func (thing) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (thing) Update(ctx context.Context, request resource.UpdateRequest, response *resource.UpdateResponse) {
	var planned model
	response.Diagnostics.Append(request.Plan.Get(ctx, &planned)...)
	response.Diagnostics.Append(response.State.Set(ctx, planned)...)
}

func (thing) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func main() {
	serve := func() provider.Provider { return yardstick{} }
	options := providerserver.ServeOpts{Address: Address}
	if err := providerserver.Serve(context.Background(), serve, options); err != nil {
		log.Fatal(err)
	}
}
